"""The catalog as it would be were one file another: a plan of a change before anybody has written it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.model.diagnostic import has_errors
from reconciler.model.errors import Invalid, Usage
from reconciler.model.manifest import Catalog
from reconciler.source.cache import CachedFile
from reconciler.source.catalog import UNSETTLED, Library, Loader, with_content


@dataclass(slots=True)
class Imagined(Library):
    """A library some of whose files are not as they are on disk."""

    instead: Mapping[str, bytes] = field(default_factory=dict)

    def bytes_of(self, file: str) -> bytes:
        """See `Library`."""
        return self.instead[file] if file in self.instead else Library.bytes_of(self, file)


def imagined(library: Library, file: str, data: bytes) -> Library:
    """The library with `data` in the place of what `file` holds; the one that is given stays as it is.

    Invalid where that is no manifest, Usage where it describes what another file describes.
    """
    reading = library.loader.reader.read(data, file)
    if has_errors(reading.diagnostics):
        raise Invalid(tuple(reading.diagnostics))
    loader = _loader(library.loader, file, reading.values, reading.documents)
    read = CachedFile(file, UNSETTLED, b"", tuple(reading.manifests), tuple(reading.files), ())
    loader.check_named(read)
    if has_errors(loader.found):
        raise Invalid(tuple(loader.found))
    gone = {ref for ref, (other, _) in library.sources.items() if other.path == file}
    manifests = {ref: one for ref, one in library.catalog.manifests.items() if ref not in gone}
    sources = {ref: one for ref, one in library.sources.items() if ref not in gone}
    contents = {named.document for named in read.files if named.use == "content"}
    for position, one in enumerate(read.manifests):
        if one.ref in manifests:
            raise Usage(f"{one.ref} stands in {manifests[one.ref].place} already")
        manifests[one.ref] = with_content(loader, read, position) if position in contents else one
        sources[one.ref] = read, position
    catalog = Catalog(manifests, (*library.catalog.diagnostics, *reading.diagnostics))
    return Imagined(catalog, b"", loader, sources, instead={file: data})


def _loader(loader: Loader, file: str, values: list[dict[str, object]], documents: list[bytes]) -> Loader:
    return replace(loader, values={**loader.values, file: values}, fresh={**loader.fresh, file: documents}, found=[])
