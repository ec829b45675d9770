"""A backbone as a model of lm-evaluation-harness, options' likelihoods with images included."""

import hashlib
from collections.abc import Iterator, Sequence

import torch
from lm_eval.api.instance import Instance
from lm_eval.api.model import LM
from PIL import Image

from tldr_reward.backbones.batches import responses_together
from tldr_reward.backbones.interface import Backbone, pad_ids
from tldr_reward.backbones.prefixes import Prefix
from tldr_reward.progress import Progress

_AT_LEAST = 64  # images with their prompts that are run together


class BackboneLM(LM):
    """Answers lm-eval's requests through a backbone's prefix and suffixes.

    lm-eval 0.4.13's own `hf-multimodal` gives no likelihood of an option beside an image. Vision
    features stand before everything that a LoRA changes, so they are kept from sweep to sweep; an
    image with its prompt is run once for all of its options.
    """

    MULTIMODAL = True

    def __init__(self, backbone: Backbone, label: str = "") -> None:
        super().__init__()
        self.backbone, self.label = backbone, label
        self._features: dict[bytes, torch.Tensor] = {}

    @torch.no_grad()
    def generate_until(self, requests: list[Instance]) -> list[str]:
        """Greedy answers, cut at the first of `until`; at most `max_gen_toks` tokens."""
        answers = [""] * len(requests)
        by_prefix = [(request.args[0], request.args[2]["visual"]) for request in requests]
        for rows, prefix in self._prefixes(by_prefix, "answers"):
            settings = [requests[row].args[1] for row in rows]
            limit = max(int(setting["max_gen_toks"]) for setting in settings)
            for row, setting, ids in zip(rows, settings, self._greedy(prefix, limit), strict=True):
                ids = ids[: int(setting["max_gen_toks"])]
                text = self.backbone.tokenizer.decode(ids, skip_special_tokens=True)
                for stop in filter(None, setting.get("until") or ()):
                    text = text.partition(stop)[0]
                answers[row] = text.strip()
        return answers

    @torch.no_grad()
    def loglikelihood(self, requests: list[Instance]) -> list[tuple[float, bool]]:
        """Log-probability of each continuation, and whether greedy decoding would say it."""
        keys: dict[tuple, list[int]] = {}
        for row, request in enumerate(requests):
            context, _, images = request.args
            # Options of one document share the image object and the prompt.
            keys.setdefault((context, id(images["visual"])), []).append(row)
        groups = list(keys.values())
        firsts = [requests[group[0]] for group in groups]
        found: dict[int, tuple[float, bool]] = {}
        by_prefix = [(first.args[0], first.args[2]["visual"]) for first in firsts]
        for chosen, prefix in self._prefixes(by_prefix, "options"):
            rows = [(place, row) for place, index in enumerate(chosen) for row in groups[index]]
            options = [requests[row].args[1] for _, row in rows]
            places = torch.tensor([place for place, _ in rows])
            scores = self._option_scores(prefix, places, options)
            found.update(zip([row for _, row in rows], scores, strict=True))
        return [found[row] for row in range(len(requests))]

    def loglikelihood_rolling(self, requests: list[Instance]) -> list[float]:
        """No task of ours asks for the likelihood of a text without a prompt."""
        raise NotImplementedError("likelihoods of texts without an image are not computed")

    def _prefixes(
        self, prompts: Sequence[tuple[str, Sequence[Image.Image]]], what: str
    ) -> Iterator[tuple[list[int], Prefix]]:
        """Rows and prefix of each batch of (prompt, [image]); prompts of a length go together."""
        encoded = {text: self.backbone.prompt_ids(text) for text, _ in prompts}
        order = sorted(range(len(prompts)), key=lambda row: len(encoded[prompts[row][0]]))
        progress = Progress(len(prompts), f"{self.label}{what}")
        size = responses_together(self.backbone, _AT_LEAST)
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            features = self._vision([prompts[row][1][0] for row in rows])
            yield rows, self.backbone.prefix(features, [encoded[prompts[row][0]] for row in rows])
            progress.step(count=len(rows))

    def _vision(self, images: Sequence[Image.Image]) -> torch.Tensor:
        """Vision features [N, image tokens, vision width], computed for new images alone."""
        keys = [hashlib.sha256(image.tobytes()).digest() for image in images]
        new = {
            key: image for key, image in zip(keys, images, strict=True) if key not in self._features
        }
        if new:
            features = self.backbone.vision_features(
                [image.convert("RGB") for image in new.values()]
            )
            self._features.update(zip(new, features, strict=True))
        return torch.stack([self._features[key] for key in keys])

    def _greedy(self, prefix: Prefix, limit: int) -> list[list[int]]:
        """Token ids of the most likely answer after each prefix, without the end mark."""
        ends = self.backbone.model.generation_config.eos_token_id
        stops = torch.tensor([ends] if isinstance(ends, int) else list(ends))
        active = torch.arange(len(prefix.next_position))
        states = prefix.last_hidden
        answers: list[list[int]] = [[] for _ in active]
        for _ in range(limit):
            chosen = self.backbone.logits(states).argmax(dim=-1)
            going_on = ~torch.isin(chosen, stops)
            active = active[going_on]
            if not len(active):
                break
            for row, token in zip(active.tolist(), chosen[going_on].tolist(), strict=True):
                answers[row].append(token)
            # Those that go on are all of one length.
            ids = torch.tensor([answers[row] for row in active.tolist()])
            states = self.backbone.suffix_hidden(prefix, active, ids)[:, -1]
        return answers

    def _option_scores(
        self, prefix: Prefix, places: torch.Tensor, options: Sequence[str]
    ) -> list[tuple[float, bool]]:
        tokens = [self.backbone.tokenize(option).ids for option in options]
        ids, mask = pad_ids(tokens, self.backbone.tokenizer.pad_token_id)
        hidden = self.backbone.suffix_hidden(prefix, places, ids)
        states = torch.cat([prefix.last_hidden[places].unsqueeze(1), hidden[:, :-1]], dim=1)
        scores = torch.log_softmax(self.backbone.logits(states).float(), dim=-1)
        said = scores.gather(2, ids.unsqueeze(2)).squeeze(2).masked_fill(~mask, 0.0)
        greedy = ((scores.argmax(dim=-1) == ids) | ~mask).all(dim=1)
        return list(zip(said.sum(dim=1).tolist(), greedy.tolist(), strict=True))
