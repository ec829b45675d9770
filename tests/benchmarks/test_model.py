"""A backbone as lm-eval's model: the same answers and likelihoods as one row at a time."""

import pytest
import torch
from lm_eval.api.instance import Instance
from peft.helpers import rescale_adapter_scale

from tests.models import ARCHITECTURES, random_images, small_backbone
from tldr_reward.benchmarks.model import BackboneLM
from tldr_reward.reward.model import Adapter, new_reward_model

PROMPTS = (
    "how many objects are in the image? (A) one (B) two (C) three",
    "is the circle left of the square? (A) no (B) yes",
    "describe the image.",
)


def generation(prompt: str, image, limit: int = 6, until=()) -> Instance:
    settings = {"max_gen_toks": limit, "until": list(until), "do_sample": False}
    return Instance("generate_until", {}, (prompt, settings, {"visual": [image]}), 0)


def choice(prompt: str, option: str, visual: list) -> Instance:
    return Instance("loglikelihood", {}, (prompt, option, {"visual": visual}), 0)


def hugging_face(backbone, prompt: str, image, limit: int) -> str:
    """The model's own generate on one prompt, seeing it as in training."""
    ids = torch.tensor([backbone.prompt_ids(prompt)])
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    kind = backbone.model.config.model_type
    if kind == "qwen2_vl":
        inputs |= backbone.processor.image_processor([image], return_tensors="pt")
        image_token = backbone.tokenizer.convert_tokens_to_ids("<|image_pad|>")
        inputs["mm_token_type_ids"] = (ids == image_token).int()
    else:
        inputs |= backbone.pixels([image])
    if kind == "paligemma":
        inputs["token_type_ids"] = torch.zeros_like(ids)
    if kind == "mllama":
        inputs["cross_attention_mask"] = torch.ones(*ids.shape, 1, 1, dtype=torch.long)
    said = backbone.model.generate(**inputs, max_new_tokens=limit, do_sample=False)
    return backbone.tokenizer.decode(said[0, ids.shape[1] :], skip_special_tokens=True).strip()


@pytest.fixture(scope="module", params=ARCHITECTURES)
def backbone(request):
    return small_backbone(request.param, seed=1)


def test_answers_are_those_of_hugging_face(backbone):
    images = random_images(5)
    prompts = [PROMPTS[index % 3] for index in range(5)]
    requests = [generation(*pair) for pair in zip(prompts, images, strict=True)]
    answers = BackboneLM(backbone).generate_until(requests)
    expected = [
        hugging_face(backbone, prompt, image, 6)
        for prompt, image in zip(prompts, images, strict=True)
    ]
    assert answers == expected
    assert len(set(answers)) > 1


def test_answers_end_at_their_limit_and_before_a_stop(backbone):
    (image,) = random_images(1)
    (long,) = BackboneLM(backbone).generate_until([generation(PROMPTS[2], image)])
    words = long.split()
    first, stopped = BackboneLM(backbone).generate_until(
        [generation(PROMPTS[2], image, 2), generation(PROMPTS[2], image, 6, [words[-1]])]
    )
    assert long.startswith(first)
    assert len(backbone.tokenize(first).ids) <= 2
    assert stopped == long.partition(words[-1])[0].strip()


def test_answers_end_at_the_end_mark(backbone):
    said = BackboneLM(backbone)
    (image,) = random_images(1)
    with torch.no_grad():
        prefix = backbone.prefix(
            backbone.vision_features([image]), [backbone.prompt_ids(PROMPTS[0])]
        )
        first = int(backbone.logits(prefix.last_hidden).argmax())
    end = backbone.model.generation_config.eos_token_id
    backbone.model.generation_config.eos_token_id = first
    try:
        assert said.generate_until([generation(PROMPTS[0], image)]) == [""]
    finally:
        backbone.model.generation_config.eos_token_id = end


def test_likelihoods_are_those_of_the_whole_text(backbone):
    images = [[image] for image in random_images(2)]
    options = ("(A)", "(B)", "two red", "no")
    requests = [
        choice(prompt, option, visual)
        for prompt, visual in zip(PROMPTS, images, strict=False)
        for option in options
    ]
    found = BackboneLM(backbone).loglikelihood(requests)
    for request, (score, greedy) in zip(requests, found, strict=True):
        prompt, option, visual = request.args[0], request.args[1], request.args[2]["visual"]
        ids = list(backbone.tokenize(option).ids)
        prompt_ids = backbone.prompt_ids(prompt)
        with torch.no_grad():
            features = backbone.vision_features(visual)
            expected, best = 0.0, True
            for place, token in enumerate(ids):
                state = backbone.prefix(features, [prompt_ids]).last_hidden
                if place:
                    prefix = backbone.prefix(features, [prompt_ids])
                    before = torch.tensor([ids[:place]])
                    state = backbone.suffix_hidden(prefix, torch.tensor([0]), before)[:, -1]
                scores = torch.log_softmax(backbone.logits(state)[0], dim=-1)
                expected += float(scores[token])
                best &= int(scores.argmax()) == token
        assert score == pytest.approx(expected, abs=1e-4)
        assert greedy == best


def test_vision_features_are_computed_once_an_image(backbone, monkeypatch):
    asked = []
    original = type(backbone).vision_features
    monkeypatch.setattr(
        type(backbone),
        "vision_features",
        lambda self, images: asked.append(len(images)) or original(self, images),
    )
    model = BackboneLM(backbone)
    first, second = random_images(2)
    requests = [generation(PROMPTS[0], image, 1) for image in (first, second, first.copy())]
    model.generate_until(requests)
    model.generate_until(requests)
    assert asked == [2]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_tau_0_is_the_base_model_bit_for_bit_and_tau_is_honoured(name):
    (image,) = random_images(1)
    requests = [choice(PROMPTS[0], option, [image]) for option in ("(A)", "(B)", "(C)")]
    base = BackboneLM(small_backbone(name)).loglikelihood(requests)
    tuned = small_backbone(name)
    model = new_reward_model(tuned, Adapter(("projector", "decoder"), 4, 4, 0.0), seed=0)
    torch.manual_seed(1)
    for parameter_name, parameter in model.peft_model.named_parameters():
        if "lora_B" in parameter_name:
            torch.nn.init.normal_(parameter, std=0.3)
    model.peft_model.eval()
    found = {}
    for tau in (0.0, 0.25, 0.5, 1.0):
        with rescale_adapter_scale(model.peft_model, tau):
            found[tau] = BackboneLM(tuned).loglikelihood(requests)
    assert found[0.0] == base
    assert len({tuple(scores) for scores in found.values()}) == 4
    # The scale is back as it was, and tau = 1 is the model as trained.
    assert BackboneLM(tuned).loglikelihood(requests) == found[1.0]
    # tau = 0.5 is W + 0.5 s B A: the same as half of B at tau = 1.
    for parameter_name, parameter in model.peft_model.named_parameters():
        if "lora_B" in parameter_name:
            parameter.data.mul_(0.5)
    halved = BackboneLM(tuned).loglikelihood(requests)
    assert [score for score, _ in halved] == pytest.approx(
        [score for score, _ in found[0.5]], abs=1e-4
    )
