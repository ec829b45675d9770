"""The peer: transformers' Trainer with PEFT, and a plain scoring loop, one (image, response) a row.

What a careful user writes without this package: dynamic padding, rows of like length together in
scoring, no cache for keys in training. With `features` vision features are cached too, and enter
where the library takes them; else the vision tower runs in every row.
"""

import copy
import tempfile
from collections.abc import Sequence

import torch
from peft import LoraConfig, get_peft_model
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.utils import logging

from tldr_reward.backbones.batches import Item
from tldr_reward.backbones.interface import Backbone, pad_ids
from tldr_reward.bench.measuring import CLOCKS
from tldr_reward.reward.contrasts import LabelledItem
from tldr_reward.reward.model import Adapter

Inputs = dict[str, torch.Tensor]


class Peer(torch.nn.Module):
    """A copy of a backbone's model with LoRA and head of its own, frozen weights shared."""

    def __init__(self, backbone: Backbone, adapter: Adapter, seed: int) -> None:
        super().__init__()
        frozen = {id(weight): weight for weight in backbone.model.parameters()}
        model = copy.deepcopy(backbone.model, frozen)
        targets = backbone.lora_targets(adapter.parts)
        # As the package draws them: LoRA first, then the head.
        torch.manual_seed(seed)
        config = LoraConfig(
            r=adapter.rank,
            lora_alpha=adapter.alpha,
            lora_dropout=adapter.dropout,
            target_modules=targets,
            bias="none",
        )
        self.adapted = get_peft_model(model, config)
        self.head = torch.nn.Linear(backbone.text_config.hidden_size, 1)
        self.model = model.model
        self.in_text = backbone.model.config.model_type == "paligemma"

    def forward(self, labels=None, judged=None, features=None, pixels=None, **inputs):
        """Loss over the judged tokens, and the log-odds [R, T] of all tokens."""
        if features is not None:
            states = self.model.multi_modal_projector(features)
            if self.in_text:
                found = BaseModelOutputWithPooling(pooler_output=states)
                inputs["mm_encoder_outputs"] = {"image": found}
            else:
                inputs["cross_attention_states"] = states
        else:
            inputs |= pixels
        states = self.model(**inputs, use_cache=False).last_hidden_state
        logits = self.head(states.to(self.head.weight.dtype)).squeeze(-1)
        if labels is None:
            return {"logits": logits}
        loss = torch.nn.functional.binary_cross_entropy_with_logits(logits[judged], labels[judged])
        return {"loss": loss, "logits": logits}


class Rows:
    """Makes a padded batch of rows: what Trainer calls a data collator."""

    def __init__(self, backbone: Backbone, pixels: Inputs, features: torch.Tensor | None) -> None:
        self.backbone, self.pixels, self.features = backbone, pixels, features

    def __call__(self, rows: Sequence[LabelledItem | Item]) -> dict:
        labelled = [row for row in rows if isinstance(row, LabelledItem)]
        items = [row.item if isinstance(row, LabelledItem) else row for row in rows]
        pad = self.backbone.tokenizer.pad_token_id
        ids, mask = pad_ids([item.prompt + item.response.ids for item in items], pad)
        images = torch.tensor([item.image for item in items])
        batch = {"input_ids": ids, "attention_mask": mask.long()}
        places = torch.arange(ids.shape[1])
        lengths = torch.tensor([[len(item.prompt)] for item in items])
        answers = mask & (places >= lengths)
        if self.backbone.model.config.model_type == "paligemma":
            batch["token_type_ids"] = answers.long()
        else:
            tiles = self.pixels["aspect_ratio_mask"].shape[1:]
            batch["cross_attention_mask"] = torch.ones(*ids.shape, *tiles, dtype=torch.long)
        if self.features is None:
            batch["pixels"] = {name: part[images] for name, part in self.pixels.items()}
        else:
            batch["features"] = self.features[images]
        if labelled:
            good = [(1.0,) * len(row.item.prompt) + tuple(map(float, row.good)) for row in labelled]
            width = ids.shape[1]
            labels = [row + (1.0,) * (width - len(row)) for row in good]
            batch |= {"labels": torch.tensor(labels), "judged": answers}
        return batch


class _Watch(TrainerCallback):
    """When Trainer's loop began and ended, and the loss of each step."""

    def __init__(self, clock: str) -> None:
        self.now = CLOCKS[clock]
        self.began = self.ended = 0.0
        self.losses: list[float] = []

    def on_train_begin(self, args, state, control, **_):
        self.began = self.now()

    def on_train_end(self, args, state, control, **_):
        self.ended = self.now()

    def on_log(self, args, state, control, logs, **_):
        if "loss" in logs:
            self.losses.append(logs["loss"])


class _InOrder(Trainer):
    """Trainer with rows in the order that they come in, as the package has them."""

    def _get_train_sampler(self, *_):
        return None


def train(
    peer: Peer,
    members: Sequence[LabelledItem],
    collate: Rows,
    rows: int,
    optimizer: torch.optim.Optimizer,
    bf16: bool = False,
    clock: str = "wall",
) -> tuple[float, list[float]]:
    """One pass over the rows by Trainer: seconds of its loop, and the loss of each step."""
    watch = _Watch(clock)
    logging.set_verbosity_error()
    with tempfile.TemporaryDirectory() as folder:
        trainer = _InOrder(
            model=peer,
            args=TrainingArguments(
                output_dir=folder,
                per_device_train_batch_size=rows,
                num_train_epochs=1,
                logging_steps=1,
                save_strategy="no",
                report_to=[],
                disable_tqdm=True,
                remove_unused_columns=False,
                max_grad_norm=0.0,
                bf16=bf16,
                use_cpu=collate.backbone.model.device.type == "cpu",
                dataloader_pin_memory=False,
            ),
            train_dataset=list(members),
            data_collator=collate,
            optimizers=(optimizer, torch.optim.lr_scheduler.ConstantLR(optimizer, 1.0, 0)),
            callbacks=[watch],
        )
        trainer.pop_callback(_printing(trainer))
        trainer.train()
    return watch.ended - watch.began, watch.losses


def _printing(trainer: Trainer):
    return next(
        type(one) for one in trainer.callback_handler.callbacks if "Printer" in type(one).__name__
    )


@torch.no_grad()
def score(
    peer: Peer, items: Sequence[Item], collate: Rows, rows: int, bf16: bool = False
) -> list[list[float]]:
    """P(good) of the tokens of each response, rows of like length together."""
    peer.eval()
    order = sorted(range(len(items)), key=lambda index: len(items[index].response.ids))
    found: dict[int, list[float]] = {}
    device = collate.backbone.model.device.type
    for start in range(0, len(order), rows):
        chosen = order[start : start + rows]
        batch = collate([items[index] for index in chosen])
        with torch.autocast(device, torch.bfloat16, enabled=bf16):
            scores = torch.sigmoid(peer(**batch)["logits"].float())
        for row, index in enumerate(chosen):
            begin = len(items[index].prompt)
            end = begin + len(items[index].response.ids)
            found[index] = scores[row, begin:end].tolist()
    return [found[index] for index in range(len(items))]
