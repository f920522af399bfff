"""A model in this process that is loaded once and answers with one task after the other."""

from __future__ import annotations

from collections.abc import Sequence

from lavincli.predict_run.answering import LocalAnswers
from lavincli.predict_run.place import device_of
from lavincli.predict_run.settings import TaskSettings


class LoadedModel:
    """Loads a model and binds it to each task, so that what is wrong with any is found before there is work.

    Args:
        asked: the tasks, of one model.
        number: which process of its machine this one is, to choose among GPUs.

    Attributes:
        name: the model's name.

    Raises what `lavincli.load`, `make_answerer` and `LocalAnswers` raise.
    """

    def __init__(self, asked: Sequence[TaskSettings], number: int | None = None) -> None:
        self._asked = asked
        for one in asked:
            one.answer.find_task()  # what is wrong without a model is found before one is loaded
        first = asked[0].answer
        self._pipeline = first.model_copy(update={"device": device_of(number, first.device)}).load()
        self.name = self._pipeline.config.name
        self._bound: tuple[int, LocalAnswers] | None = None
        for place in range(len(asked)):
            self.answers(place)

    def answers(self, place: int) -> LocalAnswers:
        """What answers with the task in this place; only the one asked for last is held."""
        if self._bound is None or self._bound[0] != place:
            self._bound = None  # first, because what a large model remembers of a context takes much memory
            one = self._asked[place]
            self._bound = place, LocalAnswers(one.answer.bind(self._pipeline), one.run, one.output)
        return self._bound[1]
