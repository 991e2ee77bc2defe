"""Training: batches are drawn from (seed, step) alone, the loss falls."""

import dataclasses
import gzip
import json
import re
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from command_line import tmr
from tmr.cli import tmr as command_line
from tmr.errors import DatasetError
from tmr.model.tmr import load_model
from tmr.motion.captions import swap_sides
from tmr.motion.motion import Motion
from tmr.motion.prepare import prepare
from tmr.motion.procedural import procedural_library
from tmr.motion.procedural.library import MORE
from tmr.motion.skeleton import built_in_skeleton
from tmr.training import loop
from tmr.training.augment import Sampler, same_content, source_shares
from tmr.training.corpus import Corpus, read_corpus
from tmr.training.data.find import find_data
from tmr.training.examples import build_examples
from tmr.training.loop import learning_rate
from tmr.training.recipes import COMPOSED, RECIPES, TrainConfig
from toy_training import CONFIG, SMALL, TEXTS, trainer, weights, write_packs


def test_the_loss_falls_and_the_model_can_be_loaded(data, cache, tmp_path):
    run = trainer(data, tmp_path, cache, steps=120, validate_every=30, text_duplicate_similarity=0.99)
    folder = run.run(report=lambda line: None)
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["step"] for row in rows] == [30, 60, 90, 120]
    assert rows[-1]["loss"] < 0.85 * rows[0]["loss"]
    model = load_model(folder)
    assert model.encode_text(TEXTS).shape == (4, 32)


def test_a_batch_in_groups_of_like_length_keeps_its_rows_in_order(data, cache, tmp_path):
    run = trainer(data, tmp_path / "run", cache)
    rows = Sampler(run.corpus.groups, run.config, run.state.model.config.max_frames).rows(0)
    lengths = {len(row.joints) for row in rows}, {len(row.text) for row in rows}
    assert min(len(found) for found in lengths) > 1, "rows of one length would not show a wrong order"
    model = run.state.model.eval()
    alone = []
    for row in rows:
        motion = Motion(row.joints, 30.0, built_in_skeleton("somaskel30"))
        alone.append((model.encode_motion([motion], as_is=True) @ model.encode_text([row.text]).T).item())
    with torch.no_grad():
        motions, texts = run.objective.encode(run.batch(0).parts[0])
    similarity = torch.cosine_similarity(motions[:, 0], texts[:, 0])
    np.testing.assert_allclose(similarity.numpy(), alone, atol=2e-3)


def test_paraphrases_and_token_dropout_are_trained_with_and_resume(data, cache, tmp_path):
    more = tmp_path / "data"
    shutil.copytree(data, more)
    with gzip.open(more / "more_captions.jsonl.gz", "wt", encoding="utf-8") as file:
        for verb in ("walks", "jumps", "sits"):
            file.write(json.dumps({"captions": [f"a man {verb}", f"someone {verb}"]}) + "\n")
        file.write(json.dumps({"captions": [TEXTS[2], "he bends his knees"]}) + "\n")
    changes = {"paraphrases": 3, "motion_token_dropout": 0.3, "text_token_dropout": 0.2}
    run = trainer(more, tmp_path / "whole", cache, **changes)
    assert run.state.model.motion_encoder.token_dropout == 0.3
    assert run.state.model.text_encoder.token_dropout == 0.2
    batch = run.batch(0)
    (part,) = batch.parts
    assert part.text_rows == list(range(8 + 3 + 3))
    assert sorted(place for places, _, _ in part.texts for place in places) == part.text_rows
    encoded = run.objective.encode(part)
    without = dataclasses.replace(batch, duplicate_paraphrases=None)
    with torch.no_grad():
        assert run.objective.across(encoded, batch) > run.objective.across(encoded, without)
    run.run(report=lambda line: None)

    def stop(line):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer(more, tmp_path / "broken", cache, **changes).run(report=stop)
    trainer(more, tmp_path / "broken", cache, **changes).run(report=lambda line: None)
    for name, value in weights(tmp_path / "whole")["model"].items():
        torch.testing.assert_close(weights(tmp_path / "broken")["model"][name], value, rtol=0, atol=0)


def test_joined_motions_are_trained_with(data, cache, tmp_path):
    shares = {"toy": 0.5, "joined": 0.5}
    run = trainer(data, tmp_path, cache, joined=3, procedural_variations=1, mixture=shares, batch_size=4)
    assert len(run.corpus.groups["joined"]) == 3
    run.run(report=lambda line: None)


def test_nothing_is_composed_of_a_source_that_the_recipe_does_not_name(data, cache, tmp_path):
    """Weights that may be used commercially learn from no take that may not, whatever lies in the folder."""
    both = tmp_path / "data"
    shutil.copytree(data, both)
    # Takes that could be counted, paced, blended and told by their styles, and some that could be bent.
    library = {item.name: item.motion.joints for item in procedural_library(variations=1)}
    takes = [("raise-up-left-hand", library["wave_left"])] * 4 + [("walk", library["walk"])] * 2
    motions = [joints for _, joints in takes]
    toy = dict(np.load(data / "toy.npz"))
    other = toy | {
        **{key: np.repeat(toy[key][:1], len(takes)) for key in ("fps", "skeleton")},
        "ids": np.array([f"other/{number}" for number in range(len(takes))]),
        "frames": np.array([len(joints) for joints in motions]),
        "root": np.concatenate([joints[:, 0] for joints in motions]).astype(np.float32),
        "local": np.concatenate(
            [np.round((joints - joints[:, :1]) * 20000).astype(np.int16).ravel() for joints in motions]
        ),
    }
    np.savez(both / "other.npz", **other)
    rows = [
        {
            "id": f"other/{number}",
            "split": "train",
            "captions": [],
            "action": action,
            "style": "proud" if number % 2 else "sad",
        }
        for number, (action, _) in enumerate(takes)
    ]
    (both / "other.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    config = dataclasses.replace(
        CONFIG, counted=40, blended=150, bent=60, styled=20, paced=20, joined=20, joined_from=("procedural",),
        procedural_variations=1,
    )  # fmt: skip
    later = {entry.name for entry in MORE}

    def source_of(take):
        source, name = re.sub(r"( x?[\d.]+.*)|(_\d\d)$", "", take).split("/")
        return f"{source}_more" if name in later else source

    sources = {}
    mixtures = {"without": {"other": 0.0}, "with": {"other": 0.1}, "more": {"procedural_more": 0.1}}
    for name, mixture in mixtures.items():
        mixture = {"toy": 1.0, **mixture}
        groups = read_corpus(find_data(both), cache, dataclasses.replace(config, mixture=mixture)).groups
        sources[name] = {
            source: {
                source_of(of) for (example,) in groups.get(source, ()) for of in re.split(r" \+ | with ", example.take)
            }
            for source in COMPOSED
        }
    named, others = {"procedural"}, {"procedural", "other"}
    # Styles only the other source has.
    assert sources["without"] == {source: named for source in COMPOSED} | {"styled": set()}
    # Joined and paced are those of `joined_from` alone.
    alone = {"joined": named, "paced": named, "styled": {"other"}}
    assert sources["with"] == {source: others for source in COMPOSED} | alone
    assert {source for source, of in sources["more"].items() if "procedural_more" in of} == {"blended", "bent"}


def test_counts_and_paces_are_trained_with_and_their_sentences_told_apart(data, cache, tmp_path):
    changes = {
        "counted": 4,
        "paced": 4,
        "procedural_variations": 1,
        "joined_from": ("procedural",),
        "rival_weight": 1.0,
    }
    shares = {"toy": 0.4, "counted": 0.3, "paced": 0.3}
    run = trainer(data, tmp_path / "run", cache, mixture=shares, rival_sentences=3, **changes)
    assert [len(run.corpus.groups[source]) for source in ("counted", "paced")] == [4, 4]
    batch = run.batch(0)
    rivals = batch.rival_paraphrases
    assert rivals is not None
    assert rivals.tolist() == [1, 0, 3, 2, 5, 4]
    assert batch.num_texts == batch.num_motions + 12
    alike = batch.duplicate_paraphrases
    assert alike is not None
    assert not alike[torch.arange(6), rivals].any()
    encoded = run.objective.encode(batch.parts[0])
    with torch.no_grad():
        told_apart = run.objective.across(encoded, batch)
        others = dataclasses.replace(batch, rival_paraphrases=torch.arange(6))
        assert told_apart > run.objective.across(encoded, others)
    run.run(report=lambda line: None)


def test_too_few_paraphrases_are_told(data, cache, tmp_path):
    with pytest.raises(DatasetError, match="draws 3 a step"):
        trainer(data, tmp_path, cache, paraphrases=3)


def test_what_is_held_out_is_named(data, cache, tmp_path):
    trainer(write_packs(tmp_path / "data", validation=[3]), tmp_path, tmp_path / "cache")
    assert (tmp_path / "held_out.txt").read_text(encoding="utf-8") == "toy/3\n"
    trainer(data, tmp_path / "all", cache)
    assert not (tmp_path / "all" / "held_out.txt").exists()


@pytest.mark.parametrize(("changes", "told"), [({"patience": 2}, "--patience 2"), ({"keep": "best"}, "--keep best")])
def test_without_a_validation_part_nothing_is_chosen_by_it(data, cache, tmp_path, changes, told):
    with pytest.raises(DatasetError, match=rf"{told} goes by .*\(nothing, as asked\); leave it out"):
        trainer(data, tmp_path, cache, **changes)
    assert not (tmp_path / "run.json").exists()


def test_motions_that_all_say_the_same_teach_nothing(tmp_path):
    write_packs(tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "toy.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row["captions"][0]["text"] = "a person waves"
    (tmp_path / "toy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with pytest.raises(DatasetError, match="the same is said of all 4 motions"):
        trainer(tmp_path, tmp_path / "run", tmp_path / "cache")


def test_batches_depend_on_seed_and_step_only_and_twins_are_mirrored(data, cache, tmp_path):
    run = trainer(data, tmp_path, cache)
    first, again = (Sampler(run.corpus.groups, run.config, 60).rows(5) for _ in range(2))
    other = Sampler(run.corpus.groups, run.config, 60).rows(6)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.joints, b.joints)
    assert [row.text for row in first] != [row.text for row in other]
    base, twins = first[:6], first[6:]
    for twin in twins:
        assert any(
            twin.text == swap_sides(row.text)
            and twin.mirrored != row.mirrored
            and twin.joints.shape == row.joints.shape
            for row in base
        )
    content = same_content(first)
    assert (content == content.T).all()
    assert max(len(row.joints) for row in first) <= 60


def test_a_mixture_of_missing_sources_is_told(begun):
    run = begun
    config = dataclasses.replace(CONFIG, mixture={"toy": 0.5, "moon": 0.5})
    with pytest.raises(DatasetError, match="moon"):
        Sampler(run.corpus.groups, config, 60).rows(0)


def test_clips_without_words_are_told(data, cache, tmp_path):
    run = trainer(data, tmp_path, cache)
    clip = prepare(data, cache)[0]
    silent = dataclasses.replace(clip, info=dataclasses.replace(clip.info, captions=()))
    with pytest.raises(DatasetError, match="no captions and no action"):
        build_examples([silent], 0, run.config.seed)


def test_a_source_without_a_share_is_left_out_and_none_at_all_is_told(data, cache, begun, tmp_path):
    groups = begun.corpus.groups
    assert source_shares(groups, {"toy": 3.0, "moon": 0.0}) == {"toy": 1.0}
    with pytest.raises(DatasetError, match=r"mixture asks for moon.*has only toy.*--share toy=1"):
        trainer(data, tmp_path / "moon", cache, mixture={"moon": 1.0})
    with pytest.raises(DatasetError, match="nothing to train on"):
        source_shares(groups, {"toy": 0.0})


@pytest.mark.parametrize(
    ("change", "message"),
    [({"kind": "mine"}, "kind 'mine'; expected one of caption, humanml3d"), ({"start_seconds": 9.0}, "lasts 2.5 s")],
)
def test_a_caption_that_cannot_be_trained_on_is_told(data, cache, change, message):
    clip = prepare(data, cache)[0]
    caption = dataclasses.replace(clip.info.captions[0], **{"end_seconds": 10.0} | change)
    clip = dataclasses.replace(clip, info=dataclasses.replace(clip.info, captions=(caption,)))
    with pytest.raises(DatasetError, match=message):
        build_examples([clip], 0, 0)


def test_a_validation_part_of_labels_only_keeps_the_last_weights(data, cache, tmp_path):
    run = trainer(data, tmp_path, cache, steps=1)
    clip = prepare(data, cache)[0]

    def labelled(action):
        return [dataclasses.replace(clip, info=dataclasses.replace(clip.info, captions=(), action=action))]

    run.validation = labelled("bow")
    assert run.validate() == {}
    run.validation = labelled("wave-left-hand")
    assert set(run.validate()) == {"sides_num_items", "sides_side_accuracy"}
    run.run(report=lambda line: None)
    assert load_model(tmp_path / "model").config == SMALL


def test_the_best_validated_weights_are_kept(tmp_path, monkeypatch):
    data = write_packs(tmp_path / "data", validation=[3])
    run = trainer(data, tmp_path, tmp_path / "cache", steps=3, validate_every=1, keep="best")
    scores = iter([0.2, 0.6, 0.4])
    kept = []

    def save(model, folder, half):
        folder.mkdir(exist_ok=True)
        kept.append(run.state.step)

    monkeypatch.setattr(run, "validate", lambda: {"score": next(scores)})
    monkeypatch.setattr(loop, "save_model", save)
    run.run(report=lambda line: None)
    assert kept == [1, 2]
    assert run.state.best_score == 0.6


def test_a_damaged_cache_of_texts_is_told(data, tmp_path):
    trainer(data, tmp_path / "run", tmp_path / "cache")
    (stored,) = (tmp_path / "cache").glob("texts-*/*.npy")
    stored.write_bytes(stored.read_bytes()[:-100])
    with pytest.raises(DatasetError, match=r"cache .*texts-.*remove both"):
        trainer(data, tmp_path / "run", tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob(".*"))


def test_the_command_draws_from_the_shares_that_it_is_given(data, tmp_path, monkeypatch):
    asked = []

    class Stub:
        corpus = Corpus({}, [], [], [], [], "nothing", TrainConfig(recipe="test"))
        team = SimpleNamespace(leads=True)

        def __init__(self, data, out, model_config, config, **options):
            asked.append(config)

        def run(self):
            return tmp_path

    monkeypatch.setattr(loop, "Trainer", Stub)
    arguments = ["train", "--data", str(data), "--out", str(tmp_path)]
    own = ["--share", "mine=0.75", "--share", "procedural=0.25"]
    for more in ([], own, [*own, "--share", "joined=0.1", "--paraphrases", "0"]):
        more = ["--recipe", "augmented", *more]
        assert CliRunner().invoke(command_line, arguments + more).exit_code == 0
    assert asked[1].mixture == {"mine": 0.75, "procedural": 0.25}
    recipe = RECIPES["augmented"](0)[1]
    assert (asked[1].joined, asked[2].joined) == (0, recipe.joined)
    assert asked[2].joined_from == ("mine", "procedural")
    assert (asked[1].paraphrases, asked[2].paraphrases) == (recipe.paraphrases, 0)
    for wrong in (["--share", "mine"], ["--share", "mine=-1"], ["--seed", "-1"]):
        assert CliRunner().invoke(command_line, arguments + wrong).exit_code == 2


def test_the_command_tells_of_data_that_is_not_there(tmp_path):
    done = tmr("train", "--data", tmp_path / "typo", "--out", tmp_path / "run")
    assert (done.status, done.out, len(done.err.splitlines())) == (1, "", 1)
    assert "typo does not exist" in done.err


def test_the_learning_rate_rises_then_falls_to_zero():
    rates = [learning_rate(CONFIG, step) for step in range(CONFIG.steps + 1)]
    assert rates[0] == pytest.approx(CONFIG.learning_rate / 2)
    assert max(rates) == CONFIG.learning_rate
    assert rates[-1] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_are_named_as_they_are_called(name):
    _, training = RECIPES[name](3)
    assert (training.recipe, training.seed) == (name, 3)
