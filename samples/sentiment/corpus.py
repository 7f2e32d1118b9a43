"""The training corpus: sentences made from the word lists and the few sentence shapes below, with a fixed seed.

Nothing is copied from anywhere. Each sentence comes with the opinion that it was made to express, 1 for and 0 against. What carries no
opinion (who, what, where, when) is drawn alike for both, so that a model can learn to ignore it.
"""

import random

SUBJECTS = """battery screen keyboard camera sound picture handle zip fabric sole strap lid cable charger manual app update menu
soup steak coffee cake bread salad wine breakfast dinner waiter waitress chef receptionist driver seller staff team guide room bed shower
hotel view balcony parking flight train seat ticket queue check-in delivery parcel box price film plot ending cast music book story
chapter author lesson teacher course support hotline reply refund repair garage doctor dentist gym pool beach museum tour
concert show game level controller toaster kettle oven fridge washer drill saw lamp chair table sofa mattress pillow blanket jacket
boots shoes shirt dress watch ring phone tablet laptop printer router headset speaker service food place product quality""".split()

GOOD = """good great excellent wonderful fantastic superb brilliant lovely amazing awesome perfect outstanding delightful charming pleasant
beautiful gorgeous stunning tasty delicious fresh crisp juicy friendly kind helpful polite patient attentive warm welcoming honest
fair reliable sturdy solid robust durable fast quick quiet smooth clear bright sharp comfortable cosy soft clean tidy spotless spacious
easy simple intuitive useful handy practical clever elegant stylish accurate generous cheap affordable impressive enjoyable funny
gripping moving touching clever fun exciting relaxing memorable flawless terrific marvellous splendid exceptional magnificent fine
nice happy satisfied pleased glad thrilled delighted worthwhile responsive prompt punctual effortless convincing refreshing""".split()

BAD = """bad awful terrible horrible dreadful poor disappointing annoying boring dull tedious bland stale soggy burnt cold greasy tasteless
rude unfriendly arrogant careless slow late lazy unhelpful incompetent dishonest unfair unreliable flimsy fragile shaky broken
faulty defective useless worthless pointless noisy loud blurry dim dark scratchy uncomfortable hard lumpy dirty filthy smelly mouldy
cramped tiny confusing complicated clumsy ugly inaccurate stingy expensive overpriced mediocre weak pathetic ridiculous unacceptable
disgusting nasty unpleasant frustrating irritating depressing laughable sloppy sluggish messy wrong misleading shabby worn
angry upset unhappy dissatisfied disappointed annoyed furious worst inedible unusable unbearable appalling abysmal shoddy""".split()

FOR = ["i love the {s}", "we loved the {s}", "i really enjoyed the {s}", "we enjoyed every minute of the {s}", "i recommend the {s}", "highly recommended",
       "i can only recommend the {s}", "would buy again", "will come back", "we will be back", "the {s} exceeded my expectations", "worth every cent",
       "the {s} works like a charm", "the {s} works well", "the {s} made my day", "five stars for the {s}", "thank you for the {s}", "thanks to the {s} we had a great time",
       "best {s} ever", "the best {s} i know", "the {s} impressed us", "could not be happier", "could not ask for more", "nothing to complain about",
       "no complaints about the {s}", "no problems with the {s}", "the {s} never let me down", "the {s} never fails", "i am a fan of the {s}", "a joy to use", "a pleasure",
       "a real bargain", "what a treat", "top {s}", "my favourite {s}", "the {s} solved my problem", "the {s} arrived early", "the {s} saved the evening"]

AGAINST = ["i hate the {s}", "we hated the {s}", "i regret buying the {s}", "avoid the {s}", "stay away from the {s}", "i want my money back", "i want a refund",
           "a waste of money", "a waste of time", "waste of a {s}", "never again", "we will never come back", "i would not recommend the {s}", "cannot recommend the {s}",
           "not worth the money", "not worth it", "the {s} broke after a week", "the {s} broke on the first day", "the {s} stopped working", "the {s} does not work",
           "the {s} failed", "the {s} keeps failing", "the {s} fell apart", "the {s} leaks", "the {s} ruined the evening", "the {s} let me down",
           "worst {s} ever", "the worst {s} i know", "one star for the {s}", "a disaster", "a nightmare", "a joke of a {s}", "what a disappointment", "the {s} made me sick",
           "nobody answered", "nobody cared about the {s}", "we waited an hour for the {s}", "the {s} never arrived", "the {s} arrived damaged", "too many problems with the {s}",
           "i have a complaint about the {s}", "do not buy the {s}", "i had to return the {s}", "lost the {s}", "the {s} crashed", "the {s} crashes every day"]

FACTS = ["i bought it in {m}", "we were there in {m}", "it came in a {c} box", "we ordered it for my {p}", "my {p} uses it", "we were a party of {n}",
         "i have had the {s} for {n} weeks", "it was a {d}", "we stayed {n} nights", "this is about the {s}", "we took the {s} on {d}", "ordered on {d}",
         "the {s} is {c}", "the {s} is new", "there was a {s}", "we had the {s}", "the {s} and the {t}"]

MONTHS = "january february march april may june july august september october november december".split()
DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
COLOURS = "red blue green black white grey brown yellow".split()
PEOPLE = "mother father son daughter wife husband friend boss neighbour sister brother".split()
NUMBERS = "two three four five six seven eight ten".split()
STRONG = ["very ", "really ", "extremely ", "so ", "absolutely ", "incredibly ", "simply ", "truly ", "", "", "", "", "", ""]
VERBS = ["is", "was", "looks", "seems", "turned out"]
NOT = ["is not", "was not", "isn't", "wasn't", "is never", "was never", "not", "is hardly"]


class Corpus:
    """An endless source of labelled sentences."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def sentence(self) -> "tuple[str, int]":
        label = self._random.randrange(2)
        shape = self._random.random()
        if shape < 0.15:   # both sides, and the one after "but" decides
            text = f"{self._opinion(1 - label)}, but {self._opinion(label)}"
        elif shape < 0.35:
            text = f"{self._opinion(label)} and {self._opinion(label)}"
        else:
            text = self._opinion(label)
        if self._random.random() < 0.5:
            fact = self._fill(self._pick(FACTS))
            text = f"{fact}. {text}" if self._random.random() < 0.5 else f"{text}. {fact}"
        return text + self._pick(["", ".", "!"]), label

    def _opinion(self, label: int) -> str:
        shape = self._random.random()
        same, other = (GOOD, BAD) if label else (BAD, GOOD)
        if shape < 0.45:
            return self._fill(f"the {{s}} {self._pick(VERBS)} {self._pick(STRONG)}{self._pick(same)}")
        if shape < 0.55:
            return self._fill(f"{self._pick(STRONG)}{self._pick(same)} {{s}}")
        if shape < 0.70:
            return self._fill(f"the {{s}} {self._pick(NOT)} {self._pick(STRONG)}{self._pick(other)}")
        return self._fill(self._pick(FOR if label else AGAINST))

    def _fill(self, shape: str) -> str:
        return shape.format(s=self._pick(SUBJECTS), t=self._pick(SUBJECTS), m=self._pick(MONTHS), d=self._pick(DAYS),
                            c=self._pick(COLOURS), p=self._pick(PEOPLE), n=self._pick(NUMBERS))

    def _pick(self, items: list) -> str:
        return items[self._random.randrange(len(items))]
