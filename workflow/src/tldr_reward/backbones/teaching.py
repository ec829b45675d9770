"""Teacher forcing: what a backbone would say next at every place of a given response."""

from collections.abc import Iterator, Mapping, Sequence

import torch

from tldr_reward.backbones.batches import Item, collate, predicting_states
from tldr_reward.backbones.features import Features
from tldr_reward.backbones.interface import Backbone
from tldr_reward.progress import Progress


@torch.no_grad()
def next_token_hits(
    backbone: Backbone,
    items: Sequence[Item],
    features: Features,
    label: str,
    choices: Sequence[Mapping[int, Sequence[int]]] | None = None,
    batch_responses: int = 128,
) -> Iterator[tuple[int, list[bool]]]:
    """Yield (index of the item, whether each of its tokens is the LM head's first choice).

    `choices[item][place]` names the token ids to choose from at a place; elsewhere all are
    open. The end mark is not asked for: an answer is right when its words are.
    """
    order = sorted(range(len(items)), key=lambda index: len(items[index].prompt))
    progress = Progress(len(items), label)
    for start in range(0, len(order), batch_responses):
        chosen = order[start : start + batch_responses]
        some = [items[index] for index in chosen]
        batch = collate(some, features, backbone.tokenizer.pad_token_id)
        states = predicting_states(backbone, batch)[:, :-1]
        logits = backbone.logits(states)
        hits = logits.argmax(-1) == batch.ids
        for row, index in enumerate(chosen):
            for place, open_ids in (choices[index] if choices else {}).items():
                best = logits[row, place, list(open_ids)].argmax()
                hits[row, place] = open_ids[best] == batch.ids[row, place]
            yield index, hits[row, : len(items[index].response.ids)].tolist()
        progress.step(count=len(chosen))
