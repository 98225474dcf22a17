"""What all pages share: the project, its manifests as they stand in the files, and how pages are drawn."""

from dataclasses import dataclass, field

from reconciler.app import App
from reconciler.dashboard.busily import Busily
from reconciler.dashboard.kept import Kept
from reconciler.dashboard.listing.counted import Counted
from reconciler.dashboard.render import Renderer
from reconciler.dashboard.repository import Repository
from reconciler.dashboard.sayings import Sayings
from reconciler.kinds.leads.market import Outlook
from reconciler.kinds.referral.programs import Programs


@dataclass(frozen=True, slots=True)
class Premises:
    """Threads share it. Whoever needs a store takes that of the visit."""

    app: App
    repository: Repository
    renderer: Renderer
    kept: Kept
    """What is dear to work out, once for all who look."""
    outlook: Outlook
    """What is known of leads' campaigns and contracts: only what was written since the last look is read."""
    counted: Counted = field(default_factory=Counted)
    sayings: Sayings = field(default_factory=Sayings)
    busily: Busily = field(default_factory=Busily)
    """Which campaigns are being tried: none twice at once."""
    programs: Programs = field(default_factory=Programs)
    """The referral programs, read anew when the log has grown."""
