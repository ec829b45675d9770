from tldr_reward.detective.model import Detective as Detective
from tldr_reward.detective.scores import CaptionScore as CaptionScore

__version__: str
