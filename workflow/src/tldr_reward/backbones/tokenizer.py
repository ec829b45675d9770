"""A word-level tokenizer for the mini scale: one token a word, with character offsets."""

from collections.abc import Sequence

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast


def build_tokenizer(
    vocabulary: Sequence[str], bos: str, eos: str, pad: str, unknown: str
) -> PreTrainedTokenizerFast:
    """Make a tokenizer whose tokens are the words and punctuation marks of `vocabulary`.

    Options such as "(A)" and the newline are matched in the raw text, before words are split.
    Decoding joins words with spaces and closes up the space before a punctuation mark.
    """
    special = [pad, eos, bos, unknown]
    raw = ["\n", *(word for word in vocabulary if word.startswith("("))]
    words = [word for word in vocabulary if word not in raw]
    ids = {word: index for index, word in enumerate([*special, *raw, *words])}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.decoder = decoders.WordPiece(prefix="##", cleanup=True)
    tokenizer.add_tokens([AddedToken(word, normalized=False) for word in raw])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=bos,
        eos_token=eos,
        pad_token=pad,
        unk_token=unknown,
        clean_up_tokenization_spaces=False,
        model_input_names=["input_ids", "attention_mask"],
        padding_side="left",
    )
