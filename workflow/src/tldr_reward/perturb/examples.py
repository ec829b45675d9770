"""In-context pairs of the generator's prompts: a caption, and one minimal edit of it a taxonomy.

The last pair of a taxonomy shows, where one is needed, a caption that it does not apply to.
"""

Pair = tuple[str, str]

_NOTHING_TO_PLACE = "A sleepy tabby kitten."
_NOTHING_TO_SWAP = "Fog over a harbour at dawn."
_NOTHING_WRITTEN = "Three goats graze on a steep meadow."

EXAMPLES: dict[str, tuple[Pair, ...]] = {
    "spatial_relationship": (
        (
            "A copper kettle stands to the left of a loaf of bread. Steam rises toward the window.",
            "A copper kettle stands to the right of a loaf of bread. Steam rises toward the "
            "window.",
        ),
        (
            "two bicycles are parked in front of the bakery , beneath a striped awning",
            "two bicycles are parked behind the bakery , beneath a striped awning",
        ),
        (_NOTHING_TO_PLACE, _NOTHING_TO_PLACE),
    ),
    "visual_attribute": (
        (
            "A woman in a mustard raincoat waits beside a wooden bench.",
            "A woman in a turquoise raincoat waits beside a wooden bench.",
        ),
        (
            "The bowl is round and holds an unripe pear. Its rim is chipped.",
            "The bowl is square and holds an unripe pear. Its rim is chipped.",
        ),
    ),
    "attribute_binding": (
        (
            "A grey heron stands near a white rowing boat.",
            "A white heron stands near a grey rowing boat.",
        ),
        (
            "On the shelf there is a tall glass vase, and next to it a squat clay jug.",
            "On the shelf there is a squat glass vase, and next to it a tall clay jug.",
        ),
        (_NOTHING_TO_SWAP, _NOTHING_TO_SWAP),
    ),
    "object_identification": (
        (
            "An owl rests on a branch that is covered in snow.",
            "A squirrel rests on a branch that is covered in snow.",
        ),
        (
            "The man tunes a violin while his daughter leafs through a magazine.",
            "The man tunes a guitar while his daughter leafs through a magazine.",
        ),
    ),
    "counting": (
        (
            "Three sailboats drift past a lighthouse at 7:30.",
            "Five sailboats drift past a lighthouse at 7:30.",
        ),
        (
            "A jar of pickles and a candle stand on the sill, below half of a curtain.",
            "Two jars of pickles and a candle stand on the sill, below half of a curtain.",
        ),
        (_NOTHING_TO_SWAP, _NOTHING_TO_SWAP),
    ),
    "small_object": (
        (
            "A violinist plays on a stage. Far away a tiny balloon hangs over the roofs.",
            "A violinist plays on a stage. Far away a tiny kite hangs over the roofs.",
        ),
        (
            "Horses drink from a trough; a small red tractor can just be made out in the "
            "background.",
            "Horses drink from a trough; a small yellow tractor can just be made out in the "
            "background.",
        ),
        (_NOTHING_TO_PLACE, _NOTHING_TO_PLACE),
    ),
    "text_ocr": (
        (
            'A chalkboard outside the café reads "SOUP OF THE DAY" in neat letters.',
            'A chalkboard outside the café reads "CAKE OF THE DAY" in neat letters.',
        ),
        (
            "A delivery van with a logo on its door blocks the lane.",
            'A delivery van with a logo that says "Northwind" on its door blocks the lane.',
        ),
        (_NOTHING_WRITTEN, _NOTHING_WRITTEN),
    ),
    "counterfactual": (
        (
            "A lamp on the desk is switched on, and a cat sleeps under it.",
            "A lamp on the desk is not switched on, and a cat sleeps under it.",
        ),
        (
            "There are a few clouds above the pier. A fisherman wears a hat.",
            "There are no clouds above the pier. A fisherman wears a hat.",
        ),
    ),
}
