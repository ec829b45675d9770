"""`tldr-reward caption-taus`: captions of a reward model's backbone with its LM head, over taus."""

from pathlib import Path

import click

from tldr_reward.cli.runtime import runtime_options
from tldr_reward.cli.taus import parse_run, parse_taus
from tldr_reward.errors import InputError
from tldr_reward.records import ImageRecord, Metric, ModelResponse, read_records, write_records
from tldr_reward.records import write_rows as write_table


@click.command()
@click.option("--backbone", "backbone_folder", type=Path, required=True)
@click.option("--reward-model", "reward_folder", type=Path, required=True)
@click.option("--image-records", type=Path, required=True)
@click.option("--split", required=True, help="whose images are described")
@click.option("--prompt", required=True)
@click.option("--max-new-tokens", type=click.IntRange(1), required=True)
@click.option("--caption-taus", "taus", required=True, help="comma-separated, 0 among them")
@click.option("--run", "run_id", required=True, help="backbone/reward_model/seed<k>")
@click.option("--scale", required=True)
@runtime_options
@click.option("--captions", type=Path, multiple=True, required=True, help="to write, one a tau")
@click.option("--counts", type=Path, required=True, help="metrics CSV to write")
def command(
    backbone_folder,
    reward_folder,
    image_records,
    split,
    prompt,
    max_new_tokens,
    taus,
    run_id,
    scale,
    runtime,
    captions,
    counts,
) -> None:
    """Describe images with the original LM head, the LoRA at tau times its scale (table 6).

    The counts hold the shares of truncated and of empty captions, and how large the LoRA's update
    is beside the weights (lora_update: ||dW|| / ||W||), at each tau.

    Example: tldr-reward caption-taus --backbone final/ --reward-model reward_model/
    --image-records images.jsonl --split test --prompt "describe the image."
    --max-new-tokens 110 --caption-taus 0,0.25 --run paligemma/tldr/seed0 --scale mini
    --captions tau0.jsonl --captions tau0.25.jsonl --counts counts.csv
    """
    from peft.helpers import rescale_adapter_scale

    from tldr_reward.backbones.folders import load_backbone
    from tldr_reward.cli.inputs import read_images
    from tldr_reward.cli.runtime import use_runtime
    from tldr_reward.generate.greedy import greedy_responses
    from tldr_reward.generate.requests import caption_requests, clean_text, generated_captions
    from tldr_reward.reward.model import load_reward_model
    from tldr_reward.reward.update import relative_update

    scales = parse_taus(taus, "--caption-taus")
    if len(captions) != len(scales):
        raise InputError(f"{len(scales)} taus and {len(captions)} caption files; as many needed")
    use_runtime(runtime)
    who = (run_id, *parse_run(run_id)[:2], scale, parse_run(run_id)[2], split)
    records = read_records(image_records, ImageRecord)
    requests = caption_requests(records, [split], prompt, max_new_tokens)
    _, images = read_images(image_records, [request.image_id for request in requests])
    model = load_reward_model(load_backbone(backbone_folder, runtime.placement), reward_folder)
    prompts = [request.prompt for request in requests]
    rows: list[Metric] = []
    for tau, path in zip(scales, captions, strict=True):
        with rescale_adapter_scale(model.peft_model, tau), model.weights.kept():
            said = greedy_responses(
                model.backbone, images, prompts, max_new_tokens, f"captions at tau {tau:g}"
            )
            update, layers = relative_update(model.peft_model)
        responses = {
            request.item_id: ModelResponse(request.item_id, clean_text(one.text), one.truncated)
            for request, one in zip(requests, said, strict=True)
        }
        write_records(path, generated_captions(requests, responses, f"tau{tau:g}"))
        rows += _counted(who, tau, list(responses.values()))
        rows.append(Metric(*who, f"lora_update/tau={tau:g}", *[_rounded(update)] * 3, layers))
    write_table(counts, rows, Metric)


def _counted(who: tuple[str, ...], tau: float, responses: list[ModelResponse]) -> list[Metric]:
    """Shares of truncated and of empty captions with Wilson's interval."""
    from tldr_reward.metrics.intervals import wilson

    n = len(responses)
    counts = {
        "truncated": sum(response.truncated for response in responses),
        "empty": sum(not response.text for response in responses),
    }
    return [
        Metric(*who, f"{name}/tau={tau:g}", *map(_rounded, (count / n, *wilson(count, n))), n)
        for name, count in counts.items()
    ]


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
