"""Token, sentence and response accuracy (section 3 of the paper, eqs. 1-5)."""

import numpy as np

from tldr_reward.metrics.items import ScoredResponses


def predicted_tokens(responses: ScoredResponses, threshold: float) -> np.ndarray:
    """Predicted label of each token, (T,) bool: good above the threshold (eq. 1)."""
    return responses.p_good > threshold


def token_shares(responses: ScoredResponses, predicted: np.ndarray) -> np.ndarray:
    """Share of each response's tokens predicted right, (R,): averaged, they are A_T (eq. 2)."""
    right = predicted == responses.token_good
    return _mean_by(responses.response_of, right, len(responses.caption_ids))


def sentence_shares(responses: ScoredResponses, predicted: np.ndarray) -> np.ndarray:
    """Share of each response's sentences judged right, (R,): averaged, they are A_S (eq. 3).

    A sentence is good when all of its tokens are; sentences without a scored token do not count.
    """
    _, first, sentence = np.unique(responses.sentence_of, return_index=True, return_inverse=True)
    gold = _all_by(sentence, responses.token_good, len(first))
    judged = _all_by(sentence, predicted, len(first))
    response_of_sentence = responses.response_of[first]
    return _mean_by(response_of_sentence, gold == judged, len(responses.caption_ids))


def predicted_responses(responses: ScoredResponses, predicted: np.ndarray) -> np.ndarray:
    """Predicted label of each response, (R,) bool: good when all of its tokens are (eqs. 4-5)."""
    return _all_by(responses.response_of, predicted, len(responses.caption_ids))


def _all_by(index: np.ndarray, values: np.ndarray, length: int) -> np.ndarray:
    return np.bincount(index, weights=~values, minlength=length) == 0


def _mean_by(index: np.ndarray, values: np.ndarray, length: int) -> np.ndarray:
    return np.bincount(index, weights=values, minlength=length) / np.bincount(
        index, minlength=length
    )
