"""A request being written: step by step, saved at any time, files, review, confirmation, submission."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from flask import Blueprint, Response, request, url_for
from pydantic import ValidationError

from chassis.access import right
from chassis.errors import FieldError, PortalError
from chassis.validation import error_of
from gateway.bus import call
from gateway.formats import in_language
from gateway.forms import Form
from gateway.i18n import gettext as _
from gateway.pages import _requests as shared
from gateway.routing import page
from gateway.views import confirm_page, go, render
from gateway.work import current
from services.requests import messages as m

bp = Blueprint("drafts", __name__)
SUBMIT = right("requests.submit")
FILES, REVIEW = "files", "review"


def _steps(draft: m.Draft) -> list[str]:
    return [*(step.name for step in draft.definition.steps), FILES, REVIEW]


def _problems(draft: m.Draft, fields: Iterable[str], *, empty_too: bool) -> list[FieldError]:
    """Return what is wrong with some fields; what was left empty only when asked for."""
    names = set(fields)
    return [
        FieldError(p.field, p.code, p.params)
        for p in draft.problems
        if p.field in names and (empty_too or p.field in draft.data)
    ]


def _wrong_steps(draft: m.Draft) -> set[str]:
    """Return the steps in which something typed is wrong or something required is missing."""
    wrong = {p.field for p in draft.problems}
    found = {step.name for step in draft.definition.steps if wrong & {f.name for f in step.fields}}
    return found | ({FILES} if any(name.startswith("document:") for name in wrong) else set())


def _touched(draft: m.Draft) -> set[str]:
    """Return the steps somebody has been at."""
    found = {s.name for s in draft.definition.steps if any(f.name in draft.data for f in s.fields)}
    return found | ({FILES} if draft.attachments else set())


def _show(draft: m.Draft, step: str, form: Form) -> Response:
    steps = _steps(draft)
    place = steps.index(step)
    return render(
        f"pages/requests/{'files' if step == FILES else 'step'}.html", form.status, draft=draft, form=form, step=step,
        steps=steps, wrong=_wrong_steps(draft), touched=_touched(draft), accept=shared.ACCEPT,
        shown=next((s for s in draft.definition.steps if s.name == step), None),
        before=steps[place - 1] if place else None, after=steps[place + 1],
    )  # fmt: skip


def _draft_or_case(case_id: UUID) -> m.Draft | Response:
    """Return the draft; one that was submitted meanwhile (another window, the Back button) leads to its case."""
    try:
        return call(m.GetDraft(case_id=case_id))
    except PortalError as error:
        if error.code != "requests.already_submitted":
            raise
        return go(url_for("requests.show", case_id=case_id), error.sentence(current().language), "info")


@page(bp, "/requests/drafts/<uuid:case_id>", methods=["GET", "POST"], allow=SUBMIT)
def edit(case_id: UUID) -> Response:
    """One step of the form. Saving always keeps what was typed; going on shows what is wrong with it."""
    draft = _draft_or_case(case_id)
    if isinstance(draft, Response):
        return draft
    steps = _steps(draft)
    step = request.args.get("step", steps[0])
    if step not in steps or step in (FILES, REVIEW):
        return go(url_for(f"drafts.{step if step in (FILES, REVIEW) else 'edit'}", case_id=case_id))
    names = [f.name for s in draft.definition.steps if s.name == step for f in s.fields]
    form = Form.of_request(initial=draft.data)
    if not form.submitted:
        problems = _problems(draft, names, empty_too="checked" in request.args)
        if problems:
            form.refuse(PortalError.many(problems))
            form.status = 200
        return _show(draft, step, form)
    typed = {name: form.value(name) for name in names if name in form.values}
    with form.catch():
        version = form.text("version")
        number = int(version[:9]) if version.isdecimal() else 0
        try:
            wanted = m.SaveDraft(case_id=case_id, data=typed, version=number)
        except ValidationError as error:  # longer than any draft keeps
            wrong = [FieldError(e.field.removeprefix("data."), e.code, e.params) for e in error_of(error).errors]
            raise PortalError.many(wrong) from error
        saved = call(wanted)
        going_on = form.value("go") == "next"
        if going_on and not _problems(saved, names, empty_too=True):
            return go(url_for("drafts.edit", case_id=case_id, step=steps[steps.index(step) + 1]))
        # Saved all the same; the page says what a submission would refuse.
        here = url_for("drafts.edit", case_id=case_id, step=step, checked="1" if going_on else None)
        return go(here, _("The draft is saved."))
    return _show(draft, step, form)


@page(bp, "/requests/drafts/<uuid:case_id>/files", methods=["GET", "POST"], allow=SUBMIT,
      max_bytes=shared.UPLOAD_BYTES)  # fmt: skip
def files(case_id: UUID) -> Response:
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            file = form.file("file")
            if file is None:
                raise PortalError("required", field="file")
            shared.upload(case_id, file, form.value("document") or None)
            return go(url_for("drafts.files", case_id=case_id), _("The file is attached."))
    draft = _draft_or_case(case_id)
    return draft if isinstance(draft, Response) else _show(draft, FILES, form)


@page(bp, "/requests/drafts/<uuid:case_id>/files/<uuid:attachment_id>/remove", methods=["POST"], allow=SUBMIT)
def remove_file(case_id: UUID, attachment_id: UUID) -> Response:
    call(m.RemoveAttachment(case_id=case_id, attachment_id=attachment_id))
    return go(url_for("drafts.files", case_id=case_id), _("The file has been removed."))


@page(bp, "/requests/drafts/<uuid:case_id>/review", methods=["GET", "POST"], allow=SUBMIT)
def review(case_id: UUID) -> Response:
    """Everything once more, the declaration, and the button that submits."""
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            version = form.text("version")
            case = call(
                form.read(m.Submit, case_id=case_id, version=int(version) if version.isdecimal() else 0,
                          confirmed=bool(form.value("confirmed")))
            )  # fmt: skip
            return go(
                url_for("requests.show", case_id=case.case_id),
                _("The request has been submitted. Its number is %(number)s.", number=case.case_no),
            )
    draft = _draft_or_case(case_id)
    if isinstance(draft, Response):
        return draft
    return render(
        "pages/requests/review.html", form.status, draft=draft, form=form, step=REVIEW, steps=_steps(draft),
        wrong=_wrong_steps(draft), touched=_touched(draft), data=shared.shown_data(draft.definition, draft.data),
        problems=list(_missing(draft)),
    )  # fmt: skip


def _missing(draft: m.Draft) -> Iterator[tuple[str, str, str, str]]:
    """Yield (step, field, its name, what is wrong); a step nobody has been at is one line, not one for each field."""
    language = current().language
    touched = _touched(draft)
    for step in draft.definition.steps:
        found = [p for p in draft.problems if p.field in {f.name for f in step.fields}]
        if found and step.name not in touched:
            yield step.name, "", in_language(step.title), _("Not filled in yet.")
            continue
        names = {f.name: in_language(f.label) for f in step.fields}
        for problem in found:
            sentence = PortalError(problem.code, **problem.params).sentence(language)
            yield step.name, problem.field, names[problem.field], sentence
    titles = {f"document:{d.name}": in_language(d.title) for d in draft.definition.documents}
    for problem in draft.problems:
        if problem.field in titles:
            yield FILES, "", titles[problem.field], PortalError(problem.code, **problem.params).sentence(language)


@page(bp, "/requests/drafts/<uuid:case_id>/discard", methods=["GET", "POST"], allow=SUBMIT)
def discard(case_id: UUID) -> Response:
    form = Form.of_request()
    if form.submitted:
        with form.catch():
            call(m.DiscardDraft(case_id=case_id))
            return go(url_for("requests.index"), _("The draft has been removed."))
    draft = _draft_or_case(case_id)
    if isinstance(draft, Response):
        return draft
    lines = [in_language(draft.definition.title), _("What you typed and the attached files will be gone.")]
    return confirm_page(
        _("Remove this draft?"), lines,
        button=_("Remove the draft"), cancel=url_for("drafts.edit", case_id=case_id), form=form, tone="danger",
    )  # fmt: skip
