"""Raw folders of the real data sets, small, in the form in which their publishers offer them."""

import io
import json
import tarfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import datasets
from PIL import Image


def picture(colour: str, kind: str = "JPEG", size: tuple[int, int] = (24, 16)) -> bytes:
    """The bytes of an image of one colour."""
    buffer = io.BytesIO()
    image = Image.new("RGB", size, colour)
    if kind == "MPO":
        image.save(buffer, kind, save_all=True, append_images=[image])
    else:
        image.save(buffer, kind)
    return buffer.getvalue()


def write_tar(path: Path, members: Iterable[tuple[str, bytes | None]]) -> None:
    """A .tar.gz of files; a member without bytes is a link to /etc/passwd."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            if data is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
                archive.addfile(info)
            else:
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))


def write_zip(path: Path, members: Mapping[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def write_lines(path: Path, records: Sequence[Mapping | str]) -> None:
    """JSON lines; a text stands as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [one if isinstance(one, str) else json.dumps(one) for one in records]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def description(name: str, split: str, text: str | None = None, file: str | None = None) -> dict:
    """A line of docci_descriptions.jsonlines."""
    text = f"A view of {name}." if text is None else text
    file = f"{name}.jpg" if file is None else file
    return {"example_id": name, "split": split, "image_file": file, "description": text}


def write_docci(folder: Path, lines: Sequence, members: Iterable[tuple[str, bytes | None]]) -> None:
    write_lines(folder / "docci_descriptions.jsonlines", lines)
    write_tar(folder / "docci_images.tar.gz", members)


def qa(number: int, image: int, question: str = "What is it?", answer: str = "A dog.") -> dict:
    """A question-answer pair of Visual Genome."""
    objects = {"q_objects": [], "a_objects": []}
    return {"qa_id": number, "image_id": image, "question": question, "answer": answer, **objects}


def write_visual_genome(
    folder: Path,
    images: Sequence,
    entries: Sequence,
    first: Mapping[str, bytes],
    second: Mapping[str, bytes],
) -> None:
    """`images` are ids or whole entries of image_data.json, `entries` those of the QA file."""
    listed = [
        {"image_id": one, "url": f"https://x/VG_100K_2/{one}.jpg", "width": 24, "height": 16}
        if isinstance(one, int)
        else one
        for one in images
    ]
    for name, content in (("image_data.json", listed), ("question_answers.json", entries)):
        write_zip(folder / f"{name}.zip", {name: json.dumps(content).encode()})
    write_zip(folder / "images.zip", {"VG_100K/": b"", **first})
    write_zip(folder / "images2.zip", {"VG_100K_2/": b"", **second})


def pair(number: int) -> dict:
    """A line of WinoGround's examples.jsonl."""
    return {
        "id": number,
        "image_0": f"ex_{number}_img_0",
        "image_1": f"ex_{number}_img_1",
        "caption_0": "an old person kisses a young person",
        "caption_1": "a young person kisses an old person",
        "tag": "Adjective-Age",
        "secondary_tag": "",
        "num_main_preds": 1,
        "collapsed_tag": "Object",
    }


def write_winoground(folder: Path, lines: Sequence, members: Mapping[str, bytes]) -> None:
    write_lines(folder / "data/examples.jsonl", lines)
    write_zip(folder / "data/images.zip", {"images/": b"", **members})


def cell(data: bytes | None) -> dict | None:
    """A cell of an image column."""
    return None if data is None else {"bytes": data, "path": None}


def write_parquet(path: Path, columns: Mapping[str, list], images: Sequence[str] = ()) -> None:
    """A table as the library `datasets`, which made all of these, writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = datasets.Dataset.from_dict(dict(columns))
    features = table.features.copy()
    for name in images:
        features[name] = datasets.Image()
    datasets.Dataset.from_dict(dict(columns), features=features).to_parquet(path)


def blink_row(number: int, task: str = "Counting") -> dict:
    """A row of BLINK with four choices, the second right."""
    return {
        "idx": f"val_{task}_{number}",
        "question": "How many blue floats are there?",
        "sub_task": task,
        "choices": ["0", "3", "2", "1"],
        "answer": "(B)",
        "prompt": "How many blue floats are there?\nSelect from the following choices.\n"
        "(A) 0\n(B) 3\n(C) 2\n(D) 1",
        "image_1": cell(picture("blue")),
        "image_2": None,
        "image_3": None,
        "image_4": None,
        "explanation": "",
    }


def write_rows_parquet(path: Path, rows: Sequence[Mapping], images: Sequence[str]) -> None:
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    write_parquet(path, columns, images)


def write_blink(folder: Path, rows: Mapping[str, Sequence[Mapping]]) -> None:
    """Validation tables of some subtasks, and a test table without answers, which is left alone."""
    images = [f"image_{number}" for number in range(1, 5)]
    for task, of_task in rows.items():
        write_rows_parquet(folder / task / "val-00000-of-00001.parquet", of_task, images)
        hidden = [{**row, "answer": "hidden"} for row in of_task]
        write_rows_parquet(folder / task / "test-00000-of-00001.parquet", hidden, images)


def parity_row(number: int, label: str = "odd") -> dict:
    """A row of IsoBench's math_parity."""
    texts = {"latex": "$$f(x) = x$$", "code": "f(x) = x", "label": label, "domain": "x"}
    return {"image": cell(picture("white", "PNG")), **texts, "id": f"math_parity_{number}"}


def winner_row(number: int, label: str = "White") -> dict:
    """A row of IsoBench's winner_id."""
    texts = {"anl": "e4", "pgn": "1. e4", "fen": "8/8 w - - 0 1", "label": label}
    return {"image": cell(picture("brown", "PNG")), **texts, "id": f"winner_id_{number}"}


def write_isobench(folder: Path, parity: Sequence[Mapping], winner: Sequence[Mapping]) -> None:
    name = "validation-00000-of-00001.parquet"
    write_rows_parquet(folder / "math_parity" / name, parity, ["image"])
    write_rows_parquet(folder / "winner_id" / name, winner, ["image"])


def uid(number: int) -> str:
    """A uid of PixelProse: 64 hex digits."""
    return f"{number:064x}"


def link_row(number: int, url: str, caption: str | None = None, sha256: str = "") -> dict:
    """A row of PixelProse."""
    caption = f"This image displays: number {number}." if caption is None else caption
    texts = {"original_caption": "x", "vlm_model": "gemini-pro-vision", "vlm_caption": caption}
    start = {"uid": uid(number), "url": url, "key": f"{number:09d}", "status": "success"}
    return {**start, **texts, "width": 24, "height": 16, "sha256": sha256}


def write_pixelprose(folder: Path, rows: Sequence[Mapping]) -> None:
    write_rows_parquet(folder / "data/vlm_captions_cc12m_00.parquet", rows, [])
