"""`tldr-reward train-reward`: train a token-level or a response-level reward model."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
import numpy as np

from tldr_reward.cli.runtime import runtime_options
from tldr_reward.errors import InputError
from tldr_reward.records import CaptionRecord, HistoryRow, read_records, write_rows

# Choices of optimizer and schedule in words, for tables 9 and 10.
OPTIMIZERS = {"muon": "Muon on LoRA matrices, AdamW on the head", "adamw": "AdamW"}
SCHEDULES = {"linear": "warm-up, linear decay at the end", "cosine": "warm-up, cosine decay"}
# What is learned from: questions with each of their answers, sentences in which a negative and its
# original differ, and captions.
SOURCES = ("questions", "excerpts", "captions")
# Known before torch is loaded; reward.losses has what they are.
LOSS_NAMES = ("tldr", "plain", "naive", "shuffled", "captions")


@click.command()
@click.option("--backbone", "backbone_folder", type=Path, required=True)
@click.option("--image-records", type=Path, required=True)
@click.option("--captions", type=Path, required=True, help="labelled captions to learn from")
@click.option("--loss", type=click.Choice(LOSS_NAMES), required=True)
@click.option("--parts", required=True, help="LoRA on: projector,decoder")
@click.option("--rank", type=click.IntRange(1), required=True)
@click.option("--alpha", type=float, required=True)
@click.option("--dropout", type=click.FloatRange(0, 1), required=True)
@click.option("--steps", type=click.IntRange(1), required=True)
@click.option(
    "--excerpt-steps",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="steps at first on questions and single sentences, without captions",
)
@click.option(
    "--batch-questions",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="questions a step, each with all of its answers",
)
@click.option(
    "--batch-excerpts",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="images a step whose false sentences are learned beside the true ones",
)
@click.option("--batch-images", type=click.IntRange(1), required=True, help="images with captions")
@click.option("--learning-rate", type=float, required=True, help="peak of Muon (LoRA's B)")
@click.option("--lora-a-learning-rate", type=float, required=True, help="peak of Muon (LoRA's A)")
@click.option("--adamw-learning-rate", type=float, required=True, help="peak of AdamW (head)")
@click.option("--warmup-steps", type=click.IntRange(0), required=True)
@click.option("--decay-share", type=click.FloatRange(0, 1), default=1.0, show_default=True)
@click.option(
    "--contrast-weight",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    help="weight in the loss of tokens at which a negative and its original differ",
)
@click.option(
    "--correction-weight",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="weight of a second loss: to tell the right token at these places",
)
@click.option("--optimizer", type=click.Choice(list(OPTIMIZERS)), default="muon")
@click.option("--schedule", type=click.Choice(list(SCHEDULES)), default="linear")
@click.option(
    "--accumulation",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="parts that a step's batch is computed in: less memory, the same gradient",
)
@click.option("--checkpoint-steps", type=click.IntRange(1), default=100, show_default=True)
@click.option(
    "--sharding",
    type=click.Choice(["none", "full"]),
    default="none",
    show_default=True,
    help="full: processes share a decoder that is too large for each to train",
)
@click.option("--seed", type=int, default=0, show_default=True)
@runtime_options
@click.option("--state", type=Path, required=True, help="folder from which a killed run goes on")
@click.option("--out", type=Path, required=True, help="reward model folder to write")
@click.option("--history", type=Path, required=True, help="CSV of losses to write")
def command(
    backbone_folder,
    image_records,
    captions,
    loss,
    parts,
    rank,
    alpha,
    dropout,
    excerpt_steps,
    batch_questions,
    batch_excerpts,
    batch_images,
    sharding,
    runtime,
    state,
    out,
    history,
    **settings,
) -> None:
    """Train LoRA and a linear head on a frozen backbone to tell good tokens from bad.

    At first, for --excerpt-steps, on what holds most contrast in fewest tokens: questions with
    right and wrong answers, and false sentences beside the true ones; then on captions too.

    Losses: tldr; plain (all tokens alike, the paper's); naive (the last token alone); and two
    controls, shuffled (tldr on labels that mean nothing) and captions (the LM head's own loss on
    true captions, no labels: its reward head stays as it was drawn).

    Begun by `accelerate launch --num_processes N -m tldr_reward train-reward ...`, N processes
    share each step's batch, with the same result as one. With --sharding full they share the
    decoder's weights, LoRA and optimizer too.

    Example: tldr-reward train-reward --backbone final/ --image-records images.jsonl
    --captions train.jsonl --loss tldr --parts projector,decoder --rank 64 --alpha 64
    --dropout 0.1 --steps 600 --batch-images 16 --learning-rate 0.02
    --lora-a-learning-rate 0.00125 --adamw-learning-rate 0.003 --warmup-steps 30
    --state state/ --out reward_model/ --history history.csv
    """
    from tldr_reward.backbones.checkpoints import Checkpoints
    from tldr_reward.backbones.features import ImageFeatures
    from tldr_reward.backbones.folders import load_backbone
    from tldr_reward.cli.inputs import file_digests, read_images
    from tldr_reward.cli.runtime import use_runtime
    from tldr_reward.reward.model import Adapter, new_reward_model, parse_parts, save_reward_model
    from tldr_reward.reward.processes import launched_processes, shard_decoder
    from tldr_reward.reward.training import RewardSettings, effective, train_reward

    use_runtime(runtime)
    sizes = {"excerpt_steps": excerpt_steps, "batch_questions": batch_questions}
    sizes |= {"batch_excerpts": batch_excerpts, "batch_images": batch_images}
    drawn = phases(**sizes, steps=settings["steps"])
    records = read_labelled(captions)
    if loss == "captions":
        records, drawn = truth_alone(records, batch_images, settings["steps"])
    rows, images = read_images(image_records, [record.image_id for record in records])
    backbone = load_backbone(backbone_folder, runtime.placement)
    adapter = Adapter(parse_parts(parts), rank, alpha, dropout)
    features = ImageFeatures(backbone, images)
    sources = labelled_sources(backbone, records, rows, drawn, captions)
    if loss == "shuffled":
        sources = [shuffled_source(source, settings["seed"]) for source in sources]
    model = new_reward_model(backbone, adapter, settings["seed"])
    chosen = RewardSettings(**settings)
    adapted = lora_facts(adapter)
    made_from = {"loss": loss} | file_digests({"captions": captions, "backbone": backbone_folder})
    checkpoints = Checkpoints(state, settings | sizes | adapted | made_from)
    processes = launched_processes()
    if sharding == "full":
        shard_decoder(model, processes)
    written = train_reward(model, sources, features, loss, chosen, checkpoints, processes)
    trained = processes.whole(dict(model.named_parameters()))
    if processes.rank:
        return processes.wait()
    facts = {"loss": loss} | counted(model, features.shape, len(records))
    facts |= sizes | in_words(effective(chosen, loss)) | adapted
    save_reward_model(model, out, facts, trained)
    write_rows(history, written, HistoryRow)
    checkpoints.clear()
    return processes.wait()


def lora_facts(adapter) -> dict:
    """Settings of the LoRA as tables 9 and 10 name them."""
    named = dataclasses.asdict(adapter)
    return {"parts": list(named.pop("parts"))} | {f"lora_{n}": value for n, value in named.items()}


def counted(model, shape: tuple[int, ...], responses: int) -> dict:
    """Responses an image, parameters that are trained, and what the tables say of the backbone.

    `shape` is that of the features: images, image tokens, width.
    """
    from tldr_reward.reward.model import trained_parameters

    return {
        "responses_per_image": round(responses / shape[0], 2),
        "parameters_trained": trained_parameters(model),
        "backbone": geometry(model.backbone, shape[1]),
    }


def in_words(settings) -> dict:
    """Settings as tables 9 and 10 name them."""
    named = dataclasses.asdict(settings)
    named["gradient_accumulation_steps"] = named.pop("accumulation")
    schedule = SCHEDULES[named.pop("schedule")]
    return named | {"optimizer": f"{OPTIMIZERS[settings.optimizer]}; {schedule}"}


def read_labelled(captions: Path) -> list[CaptionRecord]:
    """Caption records of a file; InputError when one has no labels."""
    records = read_records(captions, CaptionRecord)
    unlabelled = [record.caption_id for record in records if record.bad_spans is None]
    if unlabelled:
        raise InputError(f"{captions}: caption {unlabelled[0]!r} has no labels (bad_spans)")
    return records


def truth_alone(
    records: Sequence[CaptionRecord], batch_images: int, steps: int
) -> tuple[list[CaptionRecord], dict[str, tuple[int, int, int]]]:
    """What a control without labels learns from: true captions, in every step.

    Its LoRA learns to say what is true, as in pre-training.
    """
    true = [record for record in records if not record.bad_spans]
    return true, {"captions": (batch_images, 0, steps)}


def phases(
    excerpt_steps: int, batch_questions: int, batch_excerpts: int, batch_images: int, steps: int
) -> dict[str, tuple[int, int, int]]:
    """How many groups of each source are drawn, from which step on and until which.

    Sources of which none is drawn are left out; captions begin behind the first steps.
    """
    if excerpt_steps >= steps:
        raise InputError(f"--excerpt-steps {excerpt_steps}; below --steps {steps} are allowed")
    if excerpt_steps and not batch_questions + batch_excerpts:
        raise InputError(
            f"--excerpt-steps {excerpt_steps} with nothing to learn from in these steps; "
            "--batch-questions or --batch-excerpts is needed"
        )
    counts = (batch_questions, batch_excerpts, batch_images)
    drawn = zip(SOURCES, counts, (0, 0, excerpt_steps), strict=True)
    return {name: (count, start, steps) for name, count, start in drawn if count}


def labelled_sources(
    backbone,
    records: Sequence[CaptionRecord],
    rows: dict[str, int],
    drawn: Mapping[str, tuple[int, int, int]],
    captions: Path,
) -> list:
    """What each source draws from, as labelled items in groups.

    The answers to a question are one group; so are the excerpts, and the captions, of an image.
    """
    from tldr_reward.backbones.batches import Source
    from tldr_reward.cli.inputs import caption_items
    from tldr_reward.reward.contrasts import excerpts, labelled_items

    of_source = {
        "questions": [record for record in records if record.task == "vqa"],
        "excerpts": excerpts(records) if "excerpts" in drawn else [],
        "captions": [record for record in records if record.task == "caption"],
    }
    found = []
    for name, phase in drawn.items():
        own = of_source[name]
        if not own:
            raise InputError(f"{captions} has nothing to make {name} of; draw none of them")
        groups: dict[tuple, list] = {}
        for member in labelled_items(own, caption_items(backbone, own, rows)):
            item = member.item
            key = (item.image, item.prompt) if name == "questions" else (item.image,)
            groups.setdefault(key, []).append(member)
        found.append(Source(name, list(groups.values()), *phase))
    return found


def shuffled_source(source, seed: int):
    """A source whose labels are shuffled within each response, once and for all."""
    from tldr_reward.reward.contrasts import shuffled_labels

    rng = np.random.default_rng([seed, *source.name.encode()])
    groups = [[shuffled_labels(member, rng) for member in group] for group in source.groups]
    return dataclasses.replace(source, groups=groups)


def geometry(backbone, image_tokens: int) -> dict[str, int]:
    """What tables 9 and 10 say of a backbone: image side in pixels, image tokens, width."""
    return {
        "image_resolution": backbone.side(),
        "image_tokens": image_tokens,
        "hidden_size": backbone.text_config.hidden_size,
    }
