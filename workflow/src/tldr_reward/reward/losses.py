"""Losses of reward models: token-level (TLDR) and response-level (naive), and controls."""

import dataclasses
from collections.abc import Sequence

import torch

from tldr_reward.backbones.batches import Batch, collate, predicting_states
from tldr_reward.backbones.features import Features
from tldr_reward.backbones.interface import pad_ids
from tldr_reward.reward.contrasts import UNKNOWN, LabelledItem
from tldr_reward.reward.model import RewardModel

# Labels and weights in the loss [S, L]; a token of weight 0 is not judged.
Targets = tuple[torch.Tensor, torch.Tensor]
# Sum of the weights, and number of known right tokens: what losses are means over.
Totals = tuple[torch.Tensor, int]


def token_targets(good: torch.Tensor, weights: torch.Tensor) -> Targets:
    """Every response token, by its weight (the TLDR model)."""
    return good, weights


def response_targets(good: torch.Tensor, weights: torch.Tensor) -> Targets:
    """The last token alone (the naive model).

    Its label is the response's: good when all tokens are.
    """
    mask = weights > 0
    last = torch.zeros_like(weights)
    last[torch.arange(len(mask)), mask.sum(1) - 1] = 1.0
    return (good | ~mask).all(dim=1, keepdim=True).expand_as(good), last


# tldr: the token-level loss with contrasts and corrections; plain: the paper's own, without them.
# Controls of what tau does: shuffled: tldr on labels that mean nothing; captions: no labels at all.
LOSSES = {
    "tldr": token_targets,
    "plain": token_targets,
    "naive": response_targets,
    "shuffled": token_targets,
    "captions": token_targets,
}


@dataclasses.dataclass(frozen=True)
class Judged:
    """What the loss of some responses judges: labels and weights [S, L], right tokens [S, L]."""

    good: torch.Tensor
    weights: torch.Tensor
    right: torch.Tensor

    def totals(self) -> Totals:
        """Sum of the weights, and number of known right tokens: what the losses are means over."""
        return self.weights.sum(), int((self.right != UNKNOWN).sum())


def judged(members: Sequence[LabelledItem], loss: str, contrast_weight: float = 1.0) -> Judged:
    """What a loss judges of some responses; of plain captions, every token."""
    labels, mask = pad_ids([[int(label) for label in member.good] for member in members], 1)
    contrast, _ = pad_ids([[int(mark) for mark in member.contrast] for member in members], 0)
    weights = torch.where(contrast.bool(), contrast_weight, 1.0) * mask
    good, weights = LOSSES[loss](labels.bool(), weights)
    right, _ = pad_ids([member.right for member in members], UNKNOWN)
    return Judged(good, weights, right)


def batch_losses(
    model: RewardModel,
    groups: Sequence[Sequence[LabelledItem]],
    features: Features,
    loss: str,
    contrast_weight: float = 1.0,
    correction_weight: float = 0.0,
    totals: Sequence[Totals] = (),
) -> list[torch.Tensor]:
    """Binary cross-entropy of each group, the weighted mean over the tokens that the loss judges.

    With a correction weight, the cross-entropy of the right tokens is added to it. All groups go
    through the model together: each LoRA weight is worked out once, and what they say of one image
    shares its prefix. Of parts of groups, `totals` are those of the whole ones: the losses of the
    parts then add up to their own.
    """
    members = [member for group in groups for member in group]
    pad = model.backbone.tokenizer.pad_token_id
    batch = collate([member.item for member in members], features, pad, model.sharded)
    target = judged(members, loss, contrast_weight)
    totals = totals or [judged(group, loss, contrast_weight).totals() for group in groups]
    own = torch.tensor([index for index, group in enumerate(groups) for _ in group])
    own = own.unsqueeze(1).expand_as(target.weights)
    chosen = target.weights > 0
    with model.weights.kept():
        if loss == "captions":
            entropy = caption_entropies(model, batch)
            return [entropy[own[chosen] == g].sum() / sums[0] for g, sums in enumerate(totals)]
        logits, words = model.logits_and_words(batch)
    entropy = torch.nn.functional.binary_cross_entropy_with_logits(
        logits[chosen], target.good[chosen].to(logits.dtype), reduction="none"
    )
    weighted = entropy * target.weights[chosen]
    values = [weighted[own[chosen] == g].sum() / sums[0] for g, sums in enumerate(totals)]
    known = target.right != UNKNOWN
    if not correction_weight or not known.any():
        return values
    told = model.backbone.logits(words[known])
    entropy = torch.nn.functional.cross_entropy(told, target.right[known], reduction="none")
    return [
        value + correction_weight * entropy[own[known] == g].sum() / max(1, sums[1])
        for g, (value, sums) in enumerate(zip(values, totals, strict=True))
    ]


def batch_loss(
    model: RewardModel,
    members: Sequence[LabelledItem],
    features: Features,
    loss: str,
    contrast_weight: float = 1.0,
    correction_weight: float = 0.0,
) -> torch.Tensor:
    """The loss of one group of responses."""
    weights = (contrast_weight, correction_weight)
    return batch_losses(model, [members], features, loss, *weights)[0]


def caption_entropies(model: RewardModel, batch: Batch) -> torch.Tensor:
    """Cross-entropy [tokens] of every response token by the backbone's own LM head."""
    states = predicting_states(model.backbone, batch)[:, :-1]
    logits = model.backbone.logits(states[batch.mask])
    return torch.nn.functional.cross_entropy(logits, batch.ids[batch.mask], reduction="none")
