from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from transforms.enrich.entities import EntityOptions, find_entities
from transforms.enrich.geography.gazetteer import load_gazetteer

TEXT = (
    "Angela Merkel met engineers of Siemens in Hamburg on Tuesday, harbour {n}. "
    "The ministers of France and Poland, Jean Dupont and Anna Nowak{n}, will follow."
)


def test_the_threads_of_a_worker_find_what_one_thread_finds() -> None:
    gazetteer = load_gazetteer()

    def names(number: int) -> list[str]:
        text = TEXT.format(n=number) * 20
        options = EntityOptions()
        entities, _ = find_entities(
            title=None, text=text, language="en", options=options, gazetteer=gazetteer
        )
        return [entity.name for entity in entities]

    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(names, range(24)))
    assert together == [names(number) for number in range(24)]
