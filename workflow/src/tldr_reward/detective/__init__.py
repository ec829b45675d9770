"""The public Python API: a reward model that scores captions of images.

`scores` (what is said of a caption) and `rates` (of many) need no torch; `model` does.
"""
