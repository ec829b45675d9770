"""Shared prefixes: the hidden states of one row at a time through the plain forward."""

import dataclasses

import pytest
import torch

from tests.models import ARCHITECTURES, random_images, small_backbone
from tldr_reward.backbones import attention, prefixes
from tldr_reward.backbones.batches import (
    Item,
    bundles,
    collate,
    hidden_states,
    parts,
    predicting_states,
)
from tldr_reward.backbones.interface import pad_ids

PROMPTS = ("describe the image.", "how many objects are there? (A) one (B) two")
RESPONSES = (
    (0, 0, "a big red circle is in the top row, first column."),
    (0, 0, "two."),
    (1, 1, "(B)"),
    (1, 0, "there is no red square in the top row."),
    (2, 1, "a red circle."),
    (0, 0, "a big blue square is in the bottom row, second column. there is no circle."),
)


def rows_at_a_time(backbone, name, image, prompt, text, grad=False):
    """Hidden states of a response's tokens by the processor and the model's plain forward."""
    if name == "paligemma":
        inputs = backbone.processor(
            images=image, text="<image>" + prompt, suffix=text, return_tensors="pt"
        )
        inputs.pop("labels")
    elif name == "llama":
        inputs = backbone.processor(
            images=image, text=f"<|image|>{prompt} {text}", return_tensors="pt"
        )
    else:
        inputs = qwen_inputs(backbone, image, prompt, text)
    with torch.set_grad_enabled(grad):
        states = backbone.model.model(**inputs).last_hidden_state[0]
    start = len(backbone.prompt_ids(prompt))
    return inputs["input_ids"][0], states, start


def qwen_inputs(backbone, image, prompt, text):
    """What `Qwen2VLProcessor` gives: it cannot be made where torchvision is absent."""
    words = f"<|vision_start|>{'<|image_pad|>' * 16}<|vision_end|>{prompt} {text}"
    inputs = backbone.tokenizer(words, return_tensors="pt")
    inputs |= backbone.processor.image_processor([image], return_tensors="pt")
    image_token = backbone.tokenizer.convert_tokens_to_ids("<|image_pad|>")
    inputs["mm_token_type_ids"] = (inputs["input_ids"] == image_token).int()
    return inputs


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_grouped_batch_equals_rows_at_a_time(name, shared, monkeypatch):
    if shared:
        monkeypatch.setattr(attention, "LONG", 1)
        nothing_is_copied(name, monkeypatch)
    backbone, images = small_backbone(name), random_images(3)
    features = backbone.vision_features(images)
    items = [
        Item(image, tuple(backbone.prompt_ids(PROMPTS[prompt])), backbone.tokenize(text))
        for image, prompt, text in RESPONSES
    ]
    batch = collate(items, features, backbone.tokenizer.pad_token_id)
    assert len(batch.prompts) == 4  # (0, 0), (1, 1), (1, 0), (2, 1)
    assert batch.groups.tolist() == [0, 0, 1, 2, 3, 0]
    with torch.no_grad():
        hidden = hidden_states(backbone, batch)
        predicting = predicting_states(backbone, batch)
    for row, (image, prompt, text) in enumerate(RESPONSES):
        ids, states, start = rows_at_a_time(backbone, name, images[image], PROMPTS[prompt], text)
        length = len(items[row].response.ids)
        assert ids[:start].tolist() == list(items[row].prompt)
        assert ids[start : start + length].tolist() == list(items[row].response.ids)
        expected = states[start : start + length]
        assert torch.allclose(hidden[row, :length], expected, atol=1e-5)
        before = states[start - 1 : start + length]
        assert torch.allclose(predicting[row, : length + 1], before, atol=1e-5)


def nothing_is_copied(name, monkeypatch):
    """Of what is long: the whole prefix or, where images are attended to across, these alone."""
    if name != "llama":
        return monkeypatch.delattr(prefixes, "select_rows")
    copied = prefixes.select_rows

    def select_rows(cache, rows, config, uncopied):
        selected = copied(cache, rows, config, uncopied)
        assert config.cross_attention_layers == list(uncopied) != []
        for index in uncopied:
            assert selected.layers[index].keys.shape == cache.layers[index].keys.shape
        return selected

    monkeypatch.setattr(prefixes, "select_rows", select_rows)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_gradients_equal_those_of_one_row(name, shared, monkeypatch):
    if shared:
        monkeypatch.setattr(attention, "LONG", 1)
        nothing_is_copied(name, monkeypatch)
    backbone, image = small_backbone(name), random_images(1)[0]
    for path, tensor in backbone.model.named_parameters():
        tensor.requires_grad_("vision" not in path and ("visual" not in path or "merger" in path))
    text = "a big red circle."
    item = Item(0, tuple(backbone.prompt_ids(PROMPTS[0])), backbone.tokenize(text))
    weights = torch.linspace(-1, 1, len(item.response.ids) * 32).view(-1, 32)

    def gradients(states):
        backbone.model.zero_grad()
        (states * weights).sum().backward()
        named = backbone.model.named_parameters()
        return {path: tensor.grad.clone() for path, tensor in named if tensor.grad is not None}

    batch = collate([item], backbone.vision_features([image]), 0)
    ours = gradients(hidden_states(backbone, batch)[0])
    _, states, start = rows_at_a_time(backbone, name, image, PROMPTS[0], text, grad=True)
    expected = gradients(states[start : start + len(item.response.ids)])
    assert set(ours) == set(expected)
    for path, gradient in expected.items():
        assert torch.allclose(ours[path], gradient, atol=1e-5), path


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_gradients_are_those_of_copied_prefixes(name, monkeypatch):
    """With prefixes of several lengths and responses of several lengths and numbers."""
    backbone = small_backbone(name)
    for path, tensor in backbone.model.named_parameters():
        tensor.requires_grad_("vision" not in path and "visual" not in path)
    features = backbone.vision_features(random_images(3))
    items = [
        Item(image, tuple(backbone.prompt_ids(PROMPTS[prompt])), backbone.tokenize(text))
        for image, prompt, text in RESPONSES
    ]
    batch = dataclasses.replace(collate(items, features, 0), in_one=True)
    weights = torch.linspace(-1, 1, batch.mask.sum() * 32).view(-1, 32)

    def gradients(long):
        monkeypatch.setattr(attention, "LONG", long)
        backbone.model.zero_grad()
        (hidden_states(backbone, batch)[batch.mask] * weights).sum().backward()
        named = backbone.model.named_parameters()
        return {path: tensor.grad.clone() for path, tensor in named if tensor.grad is not None}

    copied = gradients(10**9)
    nothing_is_copied(name, monkeypatch)
    shared = gradients(1)
    assert set(shared) == set(copied) and len(copied) > 20
    for path, gradient in copied.items():
        assert torch.allclose(shared[path], gradient, atol=2e-5), path


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_responses_cannot_see_each_other(name):
    backbone = small_backbone(name)
    features = backbone.vision_features(random_images(1))
    prompt = tuple(backbone.prompt_ids(PROMPTS[0]))
    pad = backbone.tokenizer.pad_token_id
    one = Item(0, prompt, backbone.tokenize("a red circle."))
    alone = hidden_states(backbone, collate([one], features, pad))
    for other in ("two.", "a big blue square is in the top row."):
        beside = Item(0, prompt, backbone.tokenize(other))
        both = hidden_states(backbone, collate([beside, one], features, pad))
        assert torch.allclose(both[1, :4], alone[0, :4], atol=1e-6)


def test_a_batch_is_cut_where_that_spares_more_padding_than_a_part_costs():
    def cut(lengths):
        return [(rows.tolist(), width) for rows, width in parts(torch.tensor(lengths))]

    assert cut([9, 2, 5]) == [([1, 2, 0], 9)]
    # 40 tokens are padding; a second part would cost as much as 128.
    assert cut([2] * 20 + [4] * 20) == [(list(range(40)), 4)]
    # A second part spares 200, a third nothing.
    assert cut([6] * 50 + [2] * 50) == [(list(range(50, 100)), 2), (list(range(50)), 6)]
    assert [width for _, width in cut([9] * 50 + [1] * 50 + [5] * 50)] == [1, 5, 9]


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_parts_of_a_batch_give_each_row_what_it_gets_alone(name):
    backbone = small_backbone(name)
    features = backbone.vision_features(random_images(1))
    prompt = tuple(backbone.prompt_ids(PROMPTS[0]))
    texts = ["a big blue square is in the top row.", "two.", "a red circle."] * 70
    items = [Item(0, prompt, backbone.tokenize(text)) for text in texts]
    batch = collate(items, features, backbone.tokenizer.pad_token_id)
    assert len(parts(batch.mask.sum(1))) == 3
    hidden = hidden_states(backbone, batch)
    whole = dataclasses.replace(batch, in_one=True)
    (bundle,) = bundles(whole)
    ((rows, width),) = bundle.parts
    assert (len(rows), width) == (210, batch.ids.shape[1])
    in_one = hidden_states(backbone, whole)
    assert torch.allclose(in_one[batch.mask], hidden[batch.mask], atol=1e-5)
    for row in (0, 1, 2, 208):
        alone = collate(items[row : row + 1], features, backbone.tokenizer.pad_token_id)
        length = len(items[row].response.ids)
        assert torch.allclose(hidden[row, :length], hidden_states(backbone, alone)[0], atol=1e-5)
        assert not hidden[row, length:].any()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_token_sees_the_past_and_not_the_future(name):
    backbone = small_backbone(name)
    features = backbone.vision_features(random_images(1))
    prompt = tuple(backbone.prompt_ids(PROMPTS[0]))
    pad = backbone.tokenizer.pad_token_id
    red, blue = (
        hidden_states(backbone, collate([Item(0, prompt, backbone.tokenize(text))], features, pad))[
            0
        ]
        for text in ("a big red circle.", "a big blue circle.")
    )
    assert torch.equal(red[:2], blue[:2])
    assert (red[2:] - blue[2:]).abs().amin(dim=0).max() > 1e-4


def test_paligemma_prompt_is_read_in_both_directions():
    """token_type_ids 0 marks a bidirectional prefix: left out, the forward silently is causal."""
    backbone, image = small_backbone("paligemma"), random_images(1)[0]
    inputs = backbone.processor(
        images=image, text="<image>" + PROMPTS[0], suffix="two.", return_tensors="pt"
    )
    inputs.pop("labels")
    prompt = backbone.prompt_ids(PROMPTS[0])
    assert inputs["token_type_ids"][0].tolist() == [0] * len(prompt) + [1, 1, 1]  # two . <eos>
    features = backbone.vision_features([image])
    item = Item(0, tuple(prompt), backbone.tokenize("two."))
    ours = hidden_states(backbone, collate([item], features, 0))[0]
    with torch.no_grad():
        types = inputs.pop("token_type_ids")
        causal = backbone.model.model(**inputs).last_hidden_state[0, len(prompt) :][:2]
        prefix = backbone.model.model(**inputs, token_type_ids=types)
    assert torch.allclose(ours, prefix.last_hidden_state[0, len(prompt) :][:2], atol=1e-5)
    assert (ours - causal).abs().max() > 1e-3


def test_llama_text_sees_every_image_token():
    """With no cross-attention mask the library's kernel is causal over the image's tokens."""
    backbone = small_backbone("llama")
    features = backbone.vision_features(random_images(1))
    prompt = [tuple(backbone.prompt_ids(PROMPTS[0]))]
    plain = backbone.prefix(features, prompt).last_hidden
    changed = features.clone()
    changed[:, -1] += 1.0
    first = backbone.prefix(features, [prompt[0][:1]]).last_hidden
    first_changed = backbone.prefix(changed, [prompt[0][:1]]).last_hidden
    assert (first - first_changed).abs().max() > 1e-4
    assert (plain - backbone.prefix(changed, prompt).last_hidden).abs().max() > 1e-4


@pytest.mark.parametrize(("name", "first"), [("paligemma", 1), ("llama", 0)])
def test_positions_restart_behind_each_prompt(name, first):
    backbone = small_backbone(name)
    features = backbone.vision_features(random_images(2))
    prompts = [backbone.prompt_ids(prompt) for prompt in PROMPTS]
    prefix = backbone.prefix(features, prompts)
    assert prefix.next_position.tolist() == [len(prompt) + first for prompt in prompts]
    assert prefix.mask.sum(1).tolist() == [len(prompt) for prompt in prompts]


def test_padding_is_on_the_right_and_masked():
    ids, mask = pad_ids([[5, 6, 7], [8]], pad=0)
    assert ids.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert mask.tolist() == [[True, True, True], [True, False, False]]


TEMPLATE = (
    "{% for message in messages %}{% for part in message.content %}"
    "{% if part.type == 'image' %}IMAGE{% else %}{{ part.text }}{% endif %}{% endfor %}. there "
    "{% endfor %}{% if add_generation_prompt %}is{% endif %}"
)


@pytest.mark.parametrize("name", ["llama", "qwen2_vl"])
def test_a_model_that_chats_is_asked_through_its_template(name):
    backbone = small_backbone(name)
    image, count = {"llama": ("<|image|>", 1), "qwen2_vl": ("<|image_pad|>", 16)}[name]
    plain = backbone.prompt_ids("a circle")
    template = TEMPLATE.replace("IMAGE", image)
    # Qwen2-VL's template stands in its tokenizer's folder, Llama's is the processor's.
    holder = backbone.tokenizer if name == "qwen2_vl" else backbone.processor
    holder.chat_template = template
    asked = backbone.prompt_ids("a circle")
    words = backbone.tokenizer.convert_ids_to_tokens(asked)
    assert words == [image] * count + ["a", "circle", ".", "there", "is"]
    assert asked != plain


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_prompts_of_like_length_are_run_together_and_rows_keep_their_order(name):
    backbone = small_backbone(name)
    features = backbone.vision_features(random_images(3))
    short, long = (tuple(backbone.prompt_ids(prompt)) for prompt in ("a", " a" * 150))
    response = backbone.tokenize("a red circle.")
    items = [Item(row % 3, (short, long)[row % 2], response) for row in range(6)]
    batch = collate(items, features, backbone.tokenizer.pad_token_id)
    found = [(one.groups.tolist(), len(one.parts)) for one in bundles(batch)]
    assert found == [([0, 2, 4], 1), ([1, 3, 5], 1)]
    states = predicting_states(backbone, batch)
    for row, item in enumerate(items):
        alone = collate([item], features, backbone.tokenizer.pad_token_id)
        assert torch.allclose(states[row], predicting_states(backbone, alone)[0], atol=1e-5)
