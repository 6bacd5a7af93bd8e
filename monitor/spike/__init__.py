"""Whether a bucket's count is improbable for this brand at this hour of the week.

The expected count is the brand's own rhythm (hour of day x weekday, shrunk, forgetting, robust to earlier spikes) times
its recent level. Sums over several trailing windows, five minutes to six hours, are judged by a negative binomial whose
dispersion is the brand's own, within an alert budget; and, because outside bursts have heavier tails than any count
model, by how rare so many posts above the expected are among the brand's own past extremes, at all those time scales.
Everything uses the past only; no clock, no I/O.
"""

from monitor.spike.budget import Difference, Fired, Fit, Negative, TooShort, difference, fit, replay
from monitor.spike.campaign import KEPT, Lesson, merged
from monitor.spike.detector import Detector, backtest, lesson, step_of
from monitor.spike.feelings import Feelings
from monitor.spike.memory import VERSION, dump, load
from monitor.spike.settings import HEATS, LEVELS, Settings, State, Verdict
from monitor.spike.share import Share, log_beta_binomial_tail
from monitor.spike.tails import log_nb_tail, nb_tail

__all__ = [
    "HEATS",
    "KEPT",
    "LEVELS",
    "VERSION",
    "Detector",
    "Difference",
    "Feelings",
    "Fired",
    "Fit",
    "Lesson",
    "Negative",
    "Settings",
    "Share",
    "State",
    "TooShort",
    "Verdict",
    "backtest",
    "difference",
    "dump",
    "fit",
    "lesson",
    "load",
    "log_beta_binomial_tail",
    "log_nb_tail",
    "merged",
    "nb_tail",
    "replay",
    "step_of",
]
