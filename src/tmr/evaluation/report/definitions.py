"""What each number is, in a sentence, with its source."""

import re
from collections.abc import Iterable

# The first pattern that fits a measure's name wins.
_DEFINITIONS = (
    (
        r"^text_to_motion$",
        "Share of the comparisons in which a text is nearer to its own motion than to the other.",
    ),
    (
        r"^motion_to_text$",
        "Share of the comparisons in which a motion is nearer to its own text than to the other.",
    ),
    (r"^all_right$", "Share of the pairs of which both texts and both motions come out right; by chance one in six."),
    (r"^finds_itself$", "Share of the changed clips whose nearest motion is the clip as it was."),
    (r"^rank_1_changed$", "Share of the captions that find another motion first once the clips are changed."),
    (
        r"(^|_)recall_at_\d+",
        "Share of the queries with a right answer among the first k. Items of equal similarity stand in random order,"
        " so a tie counts as the share of the orders that hit: an encoder that maps everything to one point scores at"
        " chance.",
    ),
    (
        r"median_rank|^medr",
        "Half of the queries have their right answer at this place or before it; the first place is 1.",
    ),
    (r"mean_rank", "Mean place of the right answer; a few lost queries weigh much."),
    (r"mean_reciprocal_rank|^mrr", "Mean of 1 / rank."),
    (
        r"mean_average_precision|^map$",
        "Precision at each right answer, averaged over the right answers, then over the queries.",
    ),
    (
        r"ndcg",
        "Discounted cumulative gain of the right answers, as a share of the best possible order (Järvelin and "
        "Kekäläinen 2002).",
    ),
    (
        r"frechet_distance_infinite|fid_inf",
        "Fréchet distance extrapolated in 1/N to infinitely many samples (Chong and Forsyth 2020).",
    ),
    (
        r"null",
        "The same distance between two random halves of the reference: what a perfect generator would get at this "
        "size.",
    ),
    (
        r"frechet|^fid",
        "Fréchet distance of two Gaussians fitted to the embeddings (Heusel et al. 2017); depends on the sample size.",
    ),
    (
        r"kernel_distance|^kid",
        "Unbiased squared kernel distance of the embeddings, polynomial of degree 3 (Bińkowski et al. 2018); may be "
        "below 0.",
    ),
    (r"diversity", "Mean distance of random pairs of embeddings; near that of the reference is good, not higher."),
    (r"multimodality", "Mean distance of motions made for one text (Guo et al. 2022)."),
    (
        r"density",
        "How many reference balls a generated motion lies in, on average over their number (Naeem et al. 2020).",
    ),
    (r"coverage", "Share of the reference motions with a generated one in their ball (Naeem et al. 2020)."),
    (r"^precision", "Share of generated motions that lie among the reference (Kynkäänniemi et al. 2019)."),
    (r"^recall$", "Share of reference motions that lie among the generated (Kynkäänniemi et al. 2019)."),
    (r"skate|contact", "How much feet slide where they should stand (thresholds of the Kimodo benchmark)."),
    (r"jerk|jitter", "Third derivative of the joints' positions; high means shaking."),
    (r"penetration", "How far feet are below the floor."),
    (
        r"accuracy",
        "Share of the comparisons that come out right; a tie counts half, so that chance is 50 % between two.",
    ),
    (r"side", "Whether left is told from right."),
    (r"similarity|text_match|motion_match", "Cosine of two embeddings, −1 to 1."),
)

RULES = (
    (
        "interval",
        "95 %. What is drawn again, and how often, stands under each table; motions of one clip are drawn together. "
        "Where all are right, or none, the exact interval of Clopper and Pearson (1934) stands in.",
    ),
    ("embedding", "Numbers of length 1, 256 in our models; similarity is their dot product."),
    ("rank", "From 1. Counted among the whole gallery that the table names."),
    ("left out", "A motion or a text that cannot be measured is in no number, and is named with its reason."),
)
"""What holds for every table that does not say otherwise."""


def definition(measure: str) -> str | None:
    """Return what a measure is, or None if it is not in the list."""
    return next((text for pattern, text in _DEFINITIONS if re.search(pattern, measure)), None)


def definitions(measures: Iterable[str]) -> dict[str, list[str]]:
    """Return each definition with the measures that it is of, for those that have one."""
    found: dict[str, list[str]] = {}
    for measure in dict.fromkeys(measures):
        text = definition(measure)
        if text is not None:
            found.setdefault(text, []).append(measure)
    return found
