"""Reading XML that anybody may have written: no document type, no entities, no network, bounded, no comments."""

from __future__ import annotations

from lxml import etree

from services.identity.providers.base import Refused

LARGEST = 256 * 1024
DEEPEST = 60
MOST_ELEMENTS = 5000


def parse(text: str | bytes) -> etree._Element:
    """Return the root of a plain document. Raises Refused for everything that is more, or no XML at all."""
    data = (text.encode("utf-8", "replace") if isinstance(text, str) else text).strip()
    if len(data) > LARGEST:
        raise Refused("the document is too large")
    parser = etree.XMLParser(
        encoding="utf-8",  # whatever its declaration says: a form brings text, and we encoded it
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=False,
        remove_pis=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Refused(f"no XML: {str(error)[:100]}") from error
    info = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None or info.externalDTD is not None:
        raise Refused("the document has a document type")
    _check_plain(root)
    return root


def _check_plain(root: etree._Element) -> None:
    """Comments and processing instructions are not signed and can split a text in two: nobody honest sends them."""
    if root.getprevious() is not None or root.getnext() is not None:
        raise Refused("the document has comments or instructions beside its root")
    for count, (event, element) in enumerate(etree.iterwalk(root, events=("start", "comment", "pi")), start=1):
        if event != "start" or not isinstance(element.tag, str):
            raise Refused("the document has comments, instructions or entities")
        if count > MOST_ELEMENTS:
            raise Refused("the document has too many elements")
    if _depth(root) > DEEPEST:
        raise Refused("the document is nested too deeply")


def _depth(root: etree._Element) -> int:
    depth = deepest = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


def only(parent: etree._Element, tag: str) -> etree._Element:
    """Return the one child with this tag. Raises Refused when there is none or more than one."""
    found = parent.findall(tag)
    if len(found) != 1:
        raise Refused(f"{len(found)} elements {tag} where one is expected")
    return found[0]


def text_of(element: etree._Element) -> str:
    """Return the text of an element that holds nothing else. Raises Refused."""
    if len(element):
        raise Refused(f"{element.tag} holds more than text")
    return (element.text or "").strip()
