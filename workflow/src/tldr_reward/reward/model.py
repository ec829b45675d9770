"""The reward model: a backbone with LoRA and a linear head on its last hidden states (eq. 6)."""

import contextlib
import dataclasses
import itertools
import json
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from safetensors.torch import load_file, save_file

from tldr_reward.backbones.batches import Batch, bundles, hidden_states, whole
from tldr_reward.backbones.folders import writing_model
from tldr_reward.backbones.interface import Backbone
from tldr_reward.errors import InputError
from tldr_reward.reward.lora import AdaptedWeights

FORMAT = "reward-model/1"


@dataclasses.dataclass(frozen=True)
class Adapter:
    """LoRA on `parts` (projector, decoder): W' = W + alpha / rank * B A, dropout before A."""

    parts: tuple[str, ...]
    rank: int
    alpha: float
    dropout: float


class RewardModel:
    """P(token is good) = sigmoid(head(last hidden state at the token itself)), head in fp32.

    `settings` are those that it was trained and saved with. Of one that is `sharded`, every process
    must call the decoder as often as the others do: its layers are gathered from all of them.
    """

    def __init__(
        self,
        backbone: Backbone,
        peft_model: PeftModel,
        head: torch.nn.Linear,
        settings: Mapping | None = None,
    ) -> None:
        self.backbone, self.peft_model, self.head = backbone, peft_model, head
        self.settings = settings or {}
        self.weights = AdaptedWeights(peft_model)
        self.sharded = False

    def named_parameters(self) -> list[tuple[str, torch.nn.Parameter]]:
        """Everything that is trained: LoRA matrices and the head's D + 1 parameters."""
        adapter = [(n, p) for n, p in self.peft_model.named_parameters() if p.requires_grad]
        # The head is a read-out, not a hidden matrix: its name keeps Muon away.
        return adapter + list(self.head.named_parameters(prefix="lm_head_reward"))

    def logits(self, batch: Batch) -> torch.Tensor:
        """Log-odds [S, L] that each response token is good."""
        states = hidden_states(self.backbone, batch).to(self.head.weight.dtype)
        return self.head(states).squeeze(-1)

    def logits_and_words(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """The log-odds [S, L], and normed states [S, L, D] below the last layer, for the LM head.

        Whatever these tell of the right token, the last layer can compare with the token itself.
        """
        outputs: list = []
        decoder = self.backbone.decoder()
        (layer, *_) = decoder.layers[-2:]  # a decoder of one layer has none below it
        hook = layer.register_forward_hook(lambda *call: outputs.append(call[-1]))
        try:
            logits = self.logits(batch)
        finally:
            hook.remove()
        # Prefixes went through the layer too, those of each bundle before its responses.
        is_response = [
            place > 0 for bundle in bundles(batch) for place in range(1 + len(bundle.parts))
        ]
        states = [output[0] if isinstance(output, tuple) else output for output in outputs]
        below = list(itertools.compress(states, is_response))
        return logits, decoder.norm(whole(batch, below))


def new_reward_model(backbone: Backbone, adapter: Adapter, seed: int) -> RewardModel:
    """Attach fresh LoRA and a fresh head to a frozen backbone (in place)."""
    torch.manual_seed(seed)
    config = LoraConfig(
        r=adapter.rank,
        lora_alpha=adapter.alpha,
        lora_dropout=adapter.dropout,
        target_modules=backbone.lora_targets(adapter.parts),
        bias="none",
    )
    with _without_rename_warning():
        peft_model = get_peft_model(backbone.model, config)
    head = torch.nn.Linear(backbone.text_config.hidden_size, 1)
    return RewardModel(backbone, peft_model, head)


def save_reward_model(
    model: RewardModel,
    folder: Path | str,
    settings: dict,
    trained: Mapping[str, torch.Tensor] | None = None,
) -> None:
    """Save adapter, head and settings as one folder that appears whole.

    `trained` are the model's named parameters, each whole, where it has parts of them.
    """
    with writing_model(folder) as part:
        model.peft_model.save_pretrained(part, state_dict=dict(trained) if trained else None)
        save_file(dict(model.head.state_dict()), part / "head.safetensors", {"format": FORMAT})
        text = json.dumps({"format": FORMAT} | settings, indent=2, sort_keys=True)
        (part / "settings.json").write_text(text + "\n")


def load_reward_model(backbone: Backbone, folder: Path | str) -> RewardModel:
    """Attach a saved adapter and head to its backbone (in place), for scoring."""
    folder = Path(folder)
    for name in ("adapter_config.json", "head.safetensors", "settings.json"):
        if not (folder / name).is_file():
            raise InputError(f"no reward model at {folder}: it has no {name}")
    settings = json.loads((folder / "settings.json").read_text())
    if (found := settings.get("format")) != FORMAT:
        raise InputError(f"{folder}/settings.json: format {found!r}; this version reads {FORMAT!r}")
    weights = load_file(folder / "head.safetensors")
    width = backbone.text_config.hidden_size
    if weights["weight"].shape != (1, width):
        raise InputError(
            f"the reward head at {folder} reads {weights['weight'].shape[1]} features; "
            f"the backbone gives {width}"
        )
    peft_model = _attached(backbone, folder)
    head = torch.nn.Linear(width, 1)
    head.load_state_dict(weights)
    peft_model.requires_grad_(False).eval()
    head.requires_grad_(False).eval()
    return RewardModel(backbone, peft_model, head, settings)


@contextlib.contextmanager
def attached_reward_model(backbone: Backbone, folder: Path | str) -> Iterator[RewardModel]:
    """A saved reward model while the block lasts; then its backbone is as it was, for the next."""
    model = load_reward_model(backbone, folder)
    try:
        yield model
    finally:
        model.peft_model.unload()  # never merged: the backbone's weights have not been touched


def _attached(backbone: Backbone, folder: Path) -> PeftModel:
    """A saved adapter on its backbone; InputError when it is of another one."""
    try:
        with _without_rename_warning():
            peft_model = PeftModel.from_pretrained(backbone.model, str(folder))
        stored = set(load_file(folder / "adapter_model.safetensors"))
        # Embeddings are never adapted: whether they are is not asked of the hub.
        own = get_peft_model_state_dict(peft_model, save_embedding_layers=False)
        fits = stored == set(own)
    except (RuntimeError, ValueError):
        fits = False
    if not fits:
        kind = backbone.model.config.model_type
        raise InputError(f"the adapter at {folder} does not fit the backbone, a {kind}")
    return peft_model


@contextlib.contextmanager
def _without_rename_warning() -> Iterator[None]:
    """PEFT asks transformers for an attribute by its old name, and its user is warned of that."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is dep", FutureWarning)
        yield


def trained_parameters(model: RewardModel) -> int:
    """Number of trained parameters."""
    return sum(tensor.numel() for _, tensor in model.named_parameters())


def parse_parts(text: str) -> tuple[str, ...]:
    """`projector,decoder` as a tuple; checked by the backbone's `lora_targets`."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
