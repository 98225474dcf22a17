"""A project in which everything is amiss at once: blocked, waiting, held, in conflict later, frozen, and named by an enemy.

turmoil(world)                     what is below, as stored and as written
"""

from tests.world import World

HOSTILE = (
    "<script>alert(1)</script>\"'> \N{RIGHT-TO-LEFT OVERRIDE}gnp.exe\N{POP DIRECTIONAL FORMATTING} ${7*7} {{ 7*7 }}"
)
"""A title that means to run, to break out of an attribute, and to reorder what stands by it."""
_YAML = HOSTILE.replace("'", "''")

_SETTINGS = """
    timezone: Europe/Amsterdam
    freeze:
      - {id: yule, deny: {from: 2027-01-20T00:00, to: 2027-01-23T00:00}, message: "nobody is there to look"}
"""
_PROGRAMS = f"""
    apiVersion: muster/v1
    kind: ReferralProgram
    metadata: {{name: friends, labels: {{team: growth}}}}
    spec: {{timezone: Europe/Amsterdam, title: '{_YAML}'}}
    ---
    apiVersion: muster/v1
    kind: ReferralProgram
    metadata: {{name: bursts}}
    spec: {{timezone: America/New_York}}
"""


def _campaign(name: str, state: str, spec: str, schedule: str = "", title: str = "") -> str:
    lines = [
        "apiVersion: muster/v1", "kind: ReferralCampaign", f"metadata: {{name: {name}, labels: {{team: growth}}}}",
        f"state: {state}", *([f"schedule: {{timezone: Europe/Amsterdam, entries: [{schedule}]}}"] if schedule else []),
        "spec:", f"  title: '{title or name}'", f"  {spec}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def turmoil(world: World, *, freeze: bool = True) -> World:
    """Write it, and bring the store to where it was before somebody wrote that."""
    world.write("../muster.yaml", _SETTINGS if freeze else "timezone: Europe/Amsterdam\n")
    world.write("programs.yaml", _PROGRAMS)
    world.write("summer.yaml", _campaign("summer", "live", "program: friends"))
    world.write("autumn.yaml", _campaign("autumn", "live", "program: bursts"))
    world.write("quiet.yaml", _campaign("quiet", "live", "program: friends\n  weight: 5"))
    world.stored_all({f"ReferralCampaign/{name}": "live" for name in ("summer", "autumn", "quiet")})
    # Launched stays launched: refused, with ways out.
    world.write("summer.yaml", _campaign("summer", "not_launched", "program: friends", title=_YAML))
    # Paused, and its terms edited: two steps.
    world.write("autumn.yaml", _campaign("autumn", "paused", "program: bursts\n  weight: 7"))
    world.write("quiet.yaml", _campaign("quiet", "paused", "program: friends\n  weight: 5", title=_YAML))
    world.hold("ReferralCampaign/quiet", "2027-01-06T12:00:00Z", reason=HOSTILE)
    # New, and two bursts that will be live at one time.
    world.write(
        "winter.yaml", _campaign("winter", "not_launched", "program: bursts", "{at: 2027-01-18T08:00, state: live}")
    )
    for name, begin, end in (("left", "02-01", "02-10"), ("right", "02-05", "02-12")):
        entries = f"{{at: 2027-{begin}T08:00, state: live}}, {{at: 2027-{end}T08:00, state: paused}}"
        spec = "program: bursts\n  goLiveAs: burst"
        world.write(f"{name}.yaml", _campaign(name, "not_launched", spec, entries, title=_YAML))
    return world
