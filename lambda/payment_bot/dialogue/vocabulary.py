"""The words that mean something to the bot, and what they are in a message: whole words, typos mended."""

from __future__ import annotations

import re
import unicodedata

from payment_bot.masking import words_in

NOT = "not"
NEVER_MIND = "nevermind"
GO_AHEAD = "goahead"

# Said of something else than the payment: they neither cancel nor confirm.
_IDIOMS = (
    "no problem", "no problems", "no worries", "no idea", "no rush", "no doubt", "no matter", "no need", "no wonder",
    "no clue", "no pressure", "no hurry", "i know", "why not", "not a problem", "don't worry", "dont worry",
)  # fmt: skip
_CANONICAL = {
    **dict.fromkeys(_IDIOMS, ""),
    **dict.fromkeys(("never mind", "never mine", "nvm", "forget it", "forget about it", "forget this"), NEVER_MIND),
    **dict.fromkeys(("forget that", "changed my mind", "change my mind", "call it off", "call this off"), NEVER_MIND),
    **dict.fromkeys(("do not", "don't", "dont", "does not", "doesn't", "doesnt", "will not", "won't", "wont"), NOT),
    **dict.fromkeys(("cannot", "can not", "can't", "cant", "is not", "isn't", "isnt", "did not", "didn't"), NOT),
    **dict.fromkeys(("aren't", "wasn't", "haven't", "have not", "never", "rather not"), NOT),
    **dict.fromkeys(("go ahead", "go on", "go for it", "do it", "of course", "let's go", "looks good"), GO_AHEAD),
    **dict.fromkeys(("can you", "could you", "would you", "will you", "can we", "i would like to", "i'd like to"), ""),
}
_PHRASES = re.compile(
    r"\b(?:" + "|".join(sorted((re.escape(phrase) for phrase in _CANONICAL), key=len, reverse=True)) + r")\b"
)

_CANCEL_WORDS = ("cancel", "abort", "stop", "quit", "exit")
_YES_WORDS = words_in(
    "yes y yep yeah yea yup ya yess sure ok okay k confirm confirmed correct right proceed continue "
    "absolutely definitely certainly fine perfect good great agreed agree pay save accept accepted "
    "approve approved affirmative indeed go 👍 ✅"
) | {GO_AHEAD}
NO_WORDS = words_in("no nope nah noo nooo n naw")
# What somebody may not want done.
ACTIONS = words_in(
    "confirm pay save charge proceed continue do want submit store take use process accept go send book buy"
) | {GO_AHEAD}
FILLERS = words_in(
    "please pls plz thanks thank you the this that it my a an payment order transaction everything all "
    "now just ok okay i want to would like i'd id need let lets let's us we me right away immediately and "
    "so oh um uh well hey bot sorry actually anymore any more process whole thing i'm im must here for "
    "today with of purchase checkout conversation chat card have wish im going gonna wanna"
)
_YES_FILLERS = FILLERS | words_in("is are it's its that's thats details look looks be am very much do them these")

# Real words that one typo parts from a word that cancels.
_NOT_TYPOS = words_in("chancel stoop stoops about bort quiet quite")

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|[👍✅]")
_CLAUSE = re.compile(r"[.,;:!?\n…]+")


def normalized(text: str) -> str:
    """A message in one width, case and kind of apostrophe, with "nooo" said once."""
    plain = re.sub(r"[’‘´`]", "'", unicodedata.normalize("NFKC", text).casefold())
    return re.sub(r"[^\S\n]+", " ", re.sub(r"([^\W\d_])\1{2,}", r"\1", plain)).strip()


def clauses(text: str) -> list[list[str]]:
    """The words of each part between punctuation, where a phrase that counts as one word is one."""
    parts = (_PHRASES.sub(lambda match: _CANONICAL[match[0]], part) for part in _CLAUSE.split(normalized(text)))
    return [words for part in parts if (words := _WORD.findall(part))]


def cancels(word: str) -> bool:
    """Tell whether a word is one that cancels, or a slip of the finger from it."""
    return word == NEVER_MIND or (
        word not in _NOT_TYPOS and any(word == meant or _is_typo(word, meant) for meant in _CANCEL_WORDS)
    )


def is_yes(words: list[str]) -> bool:
    """Tell whether these words say yes and nothing else."""
    return any(word in _YES_WORDS for word in words) and all(word in _YES_WORDS | _YES_FILLERS for word in words)


def _is_typo(word: str, meant: str) -> bool:
    """One letter left out, typed twice or swapped with its neighbour; never another letter: "about" is not "abort"."""
    if sorted(word) == sorted(meant):
        differing = [place for place in range(len(meant)) if word[place] != meant[place]]
        return len(differing) == 2 and differing[1] - differing[0] == 1
    if len(word) == len(meant) + 1:
        doubled = {meant[:place] + letter + meant[place:] for place, letter in enumerate(meant)}
        return word in doubled
    return len(meant) > 4 and word in {meant[:place] + meant[place + 1 :] for place in range(1, len(meant))}
