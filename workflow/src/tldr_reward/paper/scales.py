"""What numbers of each scale are numbers of, in words."""

_SCALES = {
    "mini": (
        "Scale `mini`: rendered scenes and small backbones trained from scratch; "
        "not the paper's models or data."
    ),
    "smoke": (
        "Scale `smoke`: a few steps on a few rendered scenes, to test the workflow; "
        "the numbers mean nothing."
    ),
    "paper": "Scale `paper`: the paper's backbones and data sets.",
}


def scale_note(scale: str) -> str:
    """What numbers of a scale are numbers of."""
    return _SCALES.get(scale, f"Scale `{scale}`.")
