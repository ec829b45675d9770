"""A scene worked out by hand, for literal expectations.

big red circle .  .                tiny yellow dot
.              small blue square . big red square
.              sign K T          . .
.              .  small green circle .
"""

from tldr_reward.world.scenes import Scene, SceneObject, Sign, TinyThing

SCENE = Scene(
    image_id="test-000000",
    objects=(
        SceneObject(0, "big", "red", "circle"),
        SceneObject(5, "small", "blue", "square"),
        SceneObject(7, "big", "red", "square"),
        SceneObject(14, "small", "green", "circle"),
    ),
    tiny=TinyThing(3, "yellow", "dot"),
    sign=Sign(9, ("K", "T")),
    draw_seed=7,
)
BARE = Scene("test-000001", (SceneObject(6, "big", "cyan", "ring"),), None, None, 8)
