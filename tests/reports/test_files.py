"""Files of a case: what is refused and why, who sees which, the antivirus, and nothing lost on the way."""

import io
import json
import socket
import threading
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.files.uploadhandler import SkipFile, StopUpload
from django.test import RequestFactory
from django.urls import reverse
from django.utils.translation import override
from PIL import Image

from agencies.acting import acting_as
from audit.models import AuditEvent
from cases.access import for_case
from cases.enums import EventCode
from cases.models import Case, CaseEvent
from common import uploads
from common.acting import SystemContext, system_context
from common.errors import Refused, RuleBroken
from common.ids import uuid7
from common.uploads import BoundedUploadHandler, Received
from reports import checking, files, store
from reports.checking import checked, clean_name
from reports.models import Attachment, AttachmentRemoval, AttachmentScan, FileState
from tests.cases.helpers import Queries, as_, bring_in, bring_in_programme, text, url
from tests.factories import make_report

from . import samples
from .samples import upload

HER_PAIRS = ["psychosocial:victim", "network:victim", "network:perpetrator"]


@pytest.fixture(autouse=True)
def kept(settings, tmp_path) -> Path:
    """Where this test's bytes are."""
    settings.FILES_ROOT = tmp_path / "files"
    return settings.FILES_ROOT


@pytest.fixture
def case(world):
    return make_report(world.officer).case


def on_disk(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()] if root.exists() else []


def put(by, case, name="note.txt", content=samples.TEXT, about="facts:case", **given) -> Attachment:
    category, side = about.split(":")
    with acting_as(by):
        case = Case.objects.get(pk=case.pk)
        return files.add_file(
            by=by, case=case, access=for_case(case, by), sent=Received(name, content),
            category=category, side=side, **given,
        )  # fmt: skip


def send(by, case, name="note.txt", content=samples.TEXT, **typed):
    """The form as a browser sends it: the file last."""
    fields = {"key": str(uuid7()), "about": "facts:case"} | typed
    sent = {} if content is None else {"file": upload(name, content)}
    return as_(by).post(url("reports:new_file", case), fields | sent)


def addresses(file: Attachment) -> list[str]:
    ids = [file.case_id, file.pk]
    return [
        reverse("reports:file", args=ids),
        reverse("reports:file_page", args=[*ids, 1]),
        reverse("reports:download", args=ids),
        reverse("reports:remove_file", args=ids),
    ]


def body(response) -> bytes:
    return b"".join(response.streaming_content)


# --- what is refused --------------------------------------------------------------------------------------------
REFUSED = {
    "empty": ("note.txt", b"", "empty"),
    "a program called PDF": ("facture.pdf", b"MZ" + bytes(300), "“exe”"),
    "an image called PDF": ("facture.pdf", samples.image(), "“png”"),
    "a PDF called text": ("facture.txt", samples.pdf(), "“pdf”"),
    "a JPEG called PNG": ("photo.png", samples.image("JPEG"), "“jpg”"),
    "nobody knows what, called image": ("photo.jpg", bytes(range(256)), "not what its name says"),
    "a zip bomb called document": ("attestation.docx", samples.zip_bomb(), "Save it as PDF"),
    "a zip bomb called PDF": ("attestation.pdf", samples.zip_bomb(), "“docx”"),
    "a page of the web": ("page.html", b"<script>alert(1)</script>", "Only PDF"),
    "an image of another kind": ("photo.gif", samples.image("GIF"), "JPEG or PNG"),
    "a phone's photo": ("IMG_1.HEIC", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(300), "HEIC"),
    "bytes called text": ("note.txt", b"abc\x00\x01\x02", "UTF-8"),
    "no ending": ("facture", samples.pdf(), "does not say its type"),
    "a pixel bomb": ("photo.png", samples.pixel_bomb(), "too many pixels"),
    "half a photo": ("photo.jpg", samples.image("JPEG", (400, 400))[:900], "damaged"),
    "a photo spoilt inside": ("photo.png", samples.image("PNG", (400, 400)).replace(b"IDAT", b"IDBT", 1), "damaged"),
    "a moving image": ("photo.webp", samples.moving(), "moves"),
    "a PDF with a password": ("facture.pdf", samples.locked_pdf(), "password"),
    "a PDF that carries files": ("facture.pdf", samples.pdf(embedded=True), "other files inside"),
    "a PDF that is none": ("facture.pdf", b"%PDF-1.7 and nothing else", "damaged"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_refused_with_what_to_do(what):
    name, content, words = REFUSED[what]
    with override("en"), pytest.raises(RuleBroken) as refused:
        checked(Received(name, content))
    (message,) = refused.value.errors["file"]
    assert words in message, message


def test_a_pdf_without_end_is_refused(monkeypatch):
    monkeypatch.setitem(checking.LIMITS, "pages", 3)
    assert checked(Received("a.pdf", samples.pdf(3))).pages == 3
    with override("en"), pytest.raises(RuleBroken, match="too many pages"):
        checked(Received("a.pdf", samples.pdf(4)))


def test_what_takes_too_long_is_refused(monkeypatch):
    monkeypatch.setattr(checking, "SECONDS", 0.001)
    with override("en"), pytest.raises(RuleBroken, match="cannot be read"):
        checked(Received("a.pdf", samples.pdf()))


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("a.pdf", samples.pdf(2), "application/pdf"),
        ("a.JPEG", samples.image("JPEG"), "image/jpeg"),
        ("a.png", samples.image(), "image/png"),
        ("a.webp", samples.image("WEBP"), "image/webp"),
        ("a.txt", "BM’est parti à 21 h.".encode(), "text/plain"),
    ],
)
def test_kept(name, content, content_type):
    found = checked(Received(name, content))
    assert (found.name, found.content_type) == (name, content_type)
    if not content_type.startswith("image/"):
        assert found.content == content


def test_a_photo_keeps_its_picture_and_loses_the_place():
    photo = samples.photo_with_place()
    assert Image.open(io.BytesIO(photo)).getexif().get_ifd(0x8825), "the sample does hold a place"
    found = checked(Received("photo.jpg", photo)).content
    image = Image.open(io.BytesIO(found))
    assert image.format == "JPEG" and image.size == (20, 60), "upright, as it was to be seen"
    assert not image.getexif() and "comment" not in image.info
    for secret in (b"Canaribel", b"Kwaremontstraat", b"Exif", b"GPS"):
        assert secret not in found


def test_the_checker_holds_no_secret(monkeypatch):
    asked = {}

    def run(command, **given):
        asked.update(given, command=command)
        return SimpleNamespace(stdout=b'{"type": "text/plain", "pages": 1}\n', returncode=0)

    monkeypatch.setattr(checking.subprocess, "run", run)
    checked(Received("a.txt", b"a"))
    assert asked["env"] == {} and "-I" in asked["command"] and asked["timeout"] <= 30


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("C:\\Users\\Fatou\\scan.pdf", "scan.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("a\u202efdp.exe\r\n.txt", "a fdp.exe .txt"),
        ("x" * 400 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_names_are_cleaned(given, name):
    assert clean_name(given) == name


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["a program called PDF", "a zip bomb called document", "empty"])
def test_a_refusal_loses_nothing_that_was_typed(world, case, kept, what):
    name, content, words = REFUSED[what]
    answer = send(world.officer, case, name, content, description="Certificat du 12 mars", internal="on")
    assert answer.status_code == 422
    page = text(answer)
    assert "Certificat du 12 mars" in page and 'value="facts:case" checked' in page
    assert 'name="internal"' in page and "checked" in page.split('name="internal"')[1].split(">")[0]
    assert 'type="file"' in page
    with acting_as(world.officer):
        assert not Attachment.objects.exists()
    assert on_disk(kept) == []


@pytest.mark.django_db
def test_another_mistake_says_to_choose_the_file_again(world, case, kept):
    answer = send(world.officer, case, about="")
    assert answer.status_code == 422 and "Choisissez de nouveau le fichier" in text(answer)
    assert on_disk(kept) == []
    assert send(world.officer, case, content=None).status_code == 422
    assert send(world.officer, case, description="x" * 201).status_code == 422
    assert send(world.officer, case, about="perpetrator_work:victim").status_code == 422, "not one of its subjects"
    with acting_as(world.officer):
        assert not Attachment.objects.exists()


# --- too large: nothing is read to its end, nothing written -----------------------------------------------------
@pytest.mark.django_db
def test_too_large_is_refused_with_the_rest_kept(world, case, kept, settings):
    settings.FILES_LARGEST = 100_000
    answer = send(world.officer, case, "a.txt", b"a" * 400_000, description="Certificat du 12 mars")
    assert answer.status_code == 422 and "Certificat du 12 mars" in text(answer)
    assert "97,7" in text(answer).split("plus grand que")[1][:12]
    assert on_disk(kept) == []
    answer = send(world.officer, case, "a.txt", b"a" * 150_000)
    assert answer.status_code == 422, "and one the announced length did not give away"
    assert send(world.officer, case, "a.txt", b"a" * 90_000).status_code == 302


class Endless:
    """A body that announces two gigabytes; says how much of it was read."""

    def __init__(self, head: bytes):
        self.head, self.read_in_all = head, 0

    def read(self, size=-1):
        assert size > 0
        self.read_in_all += size
        assert self.read_in_all < 10_000_000, "a 2 GB body is not read"
        head, self.head = self.head[:size], self.head[size:]
        return head + b"a" * (size - len(head))


TAKES = SimpleNamespace(takes_files=True)


def two_gigabytes(membership, view=TAKES):
    head = (
        b'--xx\r\nContent-Disposition: form-data; name="description"\r\n\r\nCertificat\r\n'
        b'--xx\r\nContent-Disposition: form-data; name="file"; filename="film.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n"
    )
    source = Endless(head)
    request = RequestFactory().generic("POST", "/", b"-", content_type="multipart/form-data; boundary=xx")
    request.META["CONTENT_LENGTH"] = str(2 * 1024**3)
    request._stream = source
    request.membership, request.resolver_match = membership, SimpleNamespace(func=view)
    return request, source


def test_two_gigabytes_are_not_read(settings):
    settings.FILES_LARGEST = 20 * 1024 * 1024
    request, source = two_gigabytes(membership=object())
    assert request.POST["description"] == "Certificat", "what was typed before the file is there"
    sent = uploads.received(request, "file")
    assert sent == Received("film.pdf", b"", too_large=True) and source.read_in_all < 200_000
    with override("en"), pytest.raises(RuleBroken, match="larger than 20"):
        checked(sent)


@pytest.mark.parametrize("who", ["nobody", "elsewhere"])
def test_files_are_read_for_nobody_and_nowhere_else(who):
    view = SimpleNamespace() if who == "elsewhere" else TAKES
    request, source = two_gigabytes(None if who == "nobody" else object(), view)
    assert request.POST["description"] == "Certificat" and not request.FILES and source.read_in_all < 200_000


def test_the_limit_counts_all_the_files_of_a_request(settings):
    settings.FILES_LARGEST = 1000
    request = SimpleNamespace(membership=object(), resolver_match=SimpleNamespace(func=SimpleNamespace(takes_files=1)))
    handler = BoundedUploadHandler(request)
    handler.handle_raw_input(None, {}, 0, b"", None)
    handler.new_file("one", "a.txt", "text/plain", None)
    handler.receive_data_chunk(b"a" * 600, 0)
    assert handler.file_complete(600).size == 600
    handler.new_file("two", "b.txt", "text/plain", None)
    with pytest.raises(SkipFile):
        handler.receive_data_chunk(b"a" * 600, 0)
    assert request.files_too_large == {"two": "b.txt"}
    handler.announced = 10**10
    with pytest.raises(StopUpload):
        handler.new_file("three", "c.txt", "text/plain", None)


# --- in the case ------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_file_is_put_in_listed_read_and_downloaded(world, case, kept):
    with acting_as(world.officer):
        report = case.reports.get()
    sent = samples.pdf(3)
    answer = send(
        world.officer, case, "Fatou Diallo.pdf", sent, description="Certificat médical", report=str(report.pk)
    )
    assert answer.status_code == 302 and answer["Location"] == url("reports:files", case)
    with acting_as(world.officer):
        file = Attachment.objects.get(case=case)
        assert (file.name, file.pages, file.state, file.report_id) == ("Fatou Diallo.pdf", 3, "clean", report.pk)
    client = as_(world.officer)
    listing = text(client.get(url("reports:files", case)))
    assert "Certificat médical" in listing and "Aucun antivirus" in listing
    assert "Certificat médical" in text(client.get(reverse("reports:detail", args=[case.pk, report.pk])))
    assert "Fatou" not in answer["Location"] and all("Fatou" not in address for address in addresses(file))
    page = text(client.get(addresses(file)[0], {"page": 2}))
    assert reverse("reports:file_page", args=[case.pk, file.pk, 2]) in page and "Fatou Diallo.pdf" in page
    assert "Fatou" not in page.split("</title>")[0]
    picture = client.get(reverse("reports:file_page", args=[case.pk, file.pk, 2]))
    assert picture["Content-Type"] == "image/png" and picture.content.startswith(b"\x89PNG")
    download = client.get(reverse("reports:download", args=[case.pk, file.pk]))
    assert body(download) == sent
    timeline = text(client.get(url("cases:summary", case)))
    assert addresses(file)[0] in timeline


@pytest.mark.django_db
def test_what_leaves_is_alone_and_attached(world, case):
    file = put(world.officer, case, "Constat d’été.pdf", samples.pdf())
    client = as_(world.officer)
    answer = client.get(reverse("reports:download", args=[case.pk, file.pk]))
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''Constat")
    assert answer["Content-Type"] == "application/pdf" and answer.streaming
    for each in (answer, client.get(reverse("reports:file_page", args=[case.pk, file.pk, 1]))):
        assert each["X-Content-Type-Options"] == "nosniff" and "no-store" in each["Cache-Control"]
        assert each["Content-Security-Policy"] == "default-src 'none'; sandbox"


@pytest.mark.django_db
def test_each_reading_is_on_record(world, case):
    file = put(world.officer, case, "a.png", samples.image())
    client = as_(world.officer)
    for address in addresses(file)[:3]:
        answer = client.get(address)
        if answer.streaming:
            body(answer)
    with acting_as(world.officer):
        found = AuditEvent.objects.filter(object_kind="reports.Attachment", object_id=file.pk).order_by("at", "id")
        assert list(found.values_list("action", "fields")) == [("read", ["facts:case"]), ("exported", ["facts:case"])]
    assert "un fichier" in text(client.get(url("casework:trail", case)))


@pytest.mark.django_db
def test_the_bytes_on_disk_tell_nothing(world, case, kept):
    put(world.officer, case, "Fatou.txt", samples.TEXT)
    (path,) = on_disk(kept)
    assert b"Fatou" not in path.read_bytes() and "Fatou" not in str(path)
    assert path.stat().st_mode & 0o077 == 0 and path.parent.stat().st_mode & 0o077 == 0
    assert store.read(path.name) == samples.TEXT


@pytest.mark.django_db
def test_text_is_shown_and_never_as_a_page(world, case):
    file = put(world.officer, case, "a.txt", b"<b onclick=alert(1)>Elle dit</b>")
    page = text(as_(world.officer).get(addresses(file)[0]))
    assert "&lt;b onclick=alert(1)&gt;Elle dit" in page and "<b onclick" not in page
    assert as_(world.officer).get(addresses(file)[1]).status_code == 404


@pytest.mark.django_db
def test_sending_twice_puts_one_file(world, case, kept):
    key = str(uuid7())
    for _time in range(2):
        assert send(world.officer, case, key=key).status_code == 302
    with acting_as(world.officer):
        assert Attachment.objects.get().pk.hex == key.replace("-", "")
        assert CaseEvent.objects.filter(code=EventCode.FILE_ADDED).count() == 1
    assert len(on_disk(kept)) == 1
    # somebody else's key gives nothing of theirs, and nothing is kept
    other = make_report(world.other_officer).case
    assert send(world.other_officer, other, key=key).status_code == 422
    assert len(on_disk(kept)) == 1


@pytest.mark.django_db
def test_a_failure_on_the_way_leaves_no_bytes(world, case, kept, monkeypatch):
    monkeypatch.setattr(Attachment, "save", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        put(world.officer, case)
    assert on_disk(kept) == []


@pytest.mark.django_db
def test_bytes_no_file_speaks_of_are_destroyed_later(world, case, kept, monkeypatch):
    file = put(world.officer, case)
    removed = put(world.officer, case)
    with acting_as(world.officer):
        files.remove_file(by=world.officer, access=for_case(case, world.officer), file=removed, reason="Erreur")
    lost = store.write(b"of an act that was undone")
    assert files.destroy_left_over() == 0, "not what may still be on its way"
    monkeypatch.setattr(files, "LEFT_OVER", -60)
    assert files.destroy_left_over() == 2
    assert [path.name for path in on_disk(kept)] == [file.stored] and lost != file.stored


@pytest.mark.django_db
def test_a_file_whose_bytes_are_gone_is_not_found(world, case):
    file = put(world.officer, case, "a.png", samples.image())
    store.delete(file.stored)
    client = as_(world.officer)
    assert client.get(addresses(file)[0]).status_code == 200
    for address in addresses(file)[1:3]:
        assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_the_lists_cost_the_same_with_more_files(world, case):
    client = as_(world.officer)
    put(world.officer, case)
    client.get(url("reports:files", case))
    with Queries() as few:
        client.get(url("reports:files", case))
    for _number in range(4):
        put(world.officer, case)
    with Queries() as many:
        client.get(url("reports:files", case))
    assert few.count == many.count <= 12, "\n\n".join(many.statements)


# --- who sees ---------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_stranger_finds_nothing(world, case):
    file = put(world.officer, case)
    for who in (world.stranger, world.other_officer, world.platform_admin, world.shelter):
        client = as_(who)
        for address in (url("reports:files", case), url("reports:new_file", case), *addresses(file)):
            assert client.get(address).status_code == 404, address
            assert client.post(address).status_code in (404, 405), address


@pytest.mark.django_db
def test_files_are_looked_up_through_their_case(world, case):
    other = make_report(world.officer).case
    file = put(world.officer, case, "a.png", samples.image())
    client = as_(world.officer)
    for address in addresses(file):
        assert (
            client.get(address).status_code == 200
            and client.get(address.replace(str(case.pk), str(other.pk))).status_code == 404
        )
        assert client.get(address.replace(str(file.pk), str(uuid4()))).status_code == 404


@pytest.mark.django_db
def test_each_side_has_its_own(world, case):
    """The programme works with him, the shelter with her: neither learns that the other's file exists."""
    bring_in(case, world.officer, world.shelter, HER_PAIRS, side="victim")
    bring_in_programme(case, world.officer, world.programme)
    hers = put(world.shelter, case, "a.png", samples.image(), about="psychosocial:victim", description="Pour elle")
    his = put(
        world.programme, case, "a.png", samples.image(), about="perpetrator_work:perpetrator", description="Pour lui"
    )
    for who, own, others in ((world.shelter, hers, his), (world.programme, his, hers)):
        client = as_(who)
        listing = text(client.get(url("reports:files", case)))
        assert own.description in listing and others.description not in listing
        assert str(others.pk) not in listing + text(client.get(url("cases:summary", case)))
        for address in addresses(own):
            assert client.get(address).status_code == 200
        for address in addresses(others):
            assert client.get(address).status_code == 404
    assert as_(world.officer).get(addresses(hers)[0]).status_code == 404, "not granted to the zone"


@pytest.mark.django_db
def test_an_internal_file_never_leaves_its_agency(world, case):
    bring_in(case, world.officer, world.other_officer, ["facts:case"], side="neutral")
    shared = put(world.officer, case, description="Partagé")
    internal = put(world.officer, case, description="Chez nous", internal=True)
    client = as_(world.other_officer)
    listing = text(client.get(url("reports:files", case)))
    assert "Partagé" in listing and "Chez nous" not in listing
    assert client.get(addresses(shared)[0]).status_code == 200
    for address in addresses(internal):
        assert client.get(address).status_code == 404
    assert str(internal.pk) not in text(client.get(url("cases:summary", case)))
    assert as_(world.reader).get(addresses(internal)[0]).status_code == 200
    with acting_as(world.other_officer):
        assert not CaseEvent.objects.filter(payload__file=str(internal.pk)).exists()


@pytest.mark.django_db(transaction=True)
def test_the_second_lock_keeps_the_same_rule(committed_world):
    world = committed_world
    case = make_report(world.officer).case
    bring_in(case, world.officer, world.other_officer, ["facts:case"], side="neutral")
    shared, internal = put(world.officer, case), put(world.officer, case, internal=True)
    with acting_as(world.officer):
        files.remove_file(by=world.officer, access=for_case(case, world.officer), file=shared, reason="Erreur")
    expected = {
        world.officer: {shared.pk, internal.pk},
        world.other_officer: {shared.pk},
        world.eva: set(),
        world.stranger: set(),
    }
    for who, known in expected.items():
        with acting_as(who):
            assert set(Attachment.objects.values_list("pk", flat=True)) == known
            assert AttachmentRemoval.objects.count() == (shared.pk in known)
            assert Attachment.objects.filter(pk=internal.pk).update(state="refused") == 0, "its worker alone changes it"
    with system_context(SystemContext.FILES):
        assert Attachment.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE reports_attachment SET category = 'health'",
        "UPDATE reports_attachment SET sha256 = ''",
        "DELETE FROM reports_attachment",
        "UPDATE reports_attachmentremoval SET reason = 'x'",
        "DELETE FROM reports_attachmentscan",
    ],
)
def test_history_is_kept_for_the_application_and_the_owner(world, owner, sql):
    from django.db import connection, transaction
    from django.db.utils import ProgrammingError

    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    names = {row[0] for row in owner.execute("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'reports_attachment%'")}
    assert {
        "reports_attachment_kept",
        "reports_attachmentscan_append_only",
        "reports_attachmentremoval_append_only",
    } <= names


@pytest.mark.django_db
def test_the_tab_is_there_for_everybody_once(world, case):
    bring_in_programme(case, world.officer, world.programme)
    for who, under in ((world.officer, "PV et fichiers"), (world.programme, "Situations et fichiers")):
        page = as_(who).get(url("reports:files", case))
        tabs = page.context["tabs"]
        assert len(tabs) <= 8 and [str(each["label"]) for each in tabs if each["current"]] == [under]
    assert url("reports:files", case) in text(as_(world.officer).get(url("reports:case_list", case)))


@pytest.mark.django_db
def test_a_reader_adds_and_removes_nothing(world, case):
    file = put(world.officer, case)
    client = as_(world.reader)
    listing, page = text(client.get(url("reports:files", case))), text(client.get(addresses(file)[0]))
    assert url("reports:new_file", case) not in listing and addresses(file)[3] not in page
    assert client.get(url("reports:new_file", case)).status_code == 403
    assert send(world.reader, case).status_code == 403
    assert client.post(addresses(file)[3], {"reason": "x"}).status_code == 403


@pytest.mark.django_db
def test_his_side_reads_no_service_of_hers(world, case):
    bring_in(case, world.officer, world.shelter, HER_PAIRS + ["perpetrator_work:perpetrator"], side="victim")
    bring_in(case, world.officer, world.programme, ["perpetrator_work:perpetrator"], side="perpetrator")
    file = put(world.shelter, case, about="perpetrator_work:perpetrator", description="Attestation")
    client = as_(world.programme)
    for page in (text(client.get(url("reports:files", case))), text(client.get(addresses(file)[0]))):
        assert "Attestation" in page and "Tilleul" not in page and "autre service" in page


# --- taken back -------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_taken_back_with_a_reason(world, case, kept, django_capture_on_commit_callbacks):
    bring_in(case, world.officer, world.other_officer, ["facts:case"], side="neutral")
    file = put(world.officer, case, "Fatou.png", samples.image(), description="Rue du Test 3")
    client = as_(world.officer)
    assert client.post(addresses(file)[3], {"reason": " "}).status_code == 422
    assert as_(world.other_officer).post(addresses(file)[3], {"reason": "x"}).status_code == 403
    assert len(on_disk(kept)) == 1
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(addresses(file)[3], {"reason": "Mauvais dossier"}).status_code == 302
    assert on_disk(kept) == []
    for who in (world.officer, world.other_officer):
        listing = text(as_(who).get(url("reports:files", case)))
        assert "Mauvais dossier" in listing and "Rue du Test" not in listing and "Fatou.png" not in listing
        assert as_(who).get(addresses(file)[0]).status_code == 200
        assert as_(who).get(addresses(file)[1]).status_code == 403
        assert as_(who).get(addresses(file)[2]).status_code == 403
    assert client.post(addresses(file)[3], {"reason": "Encore"}).status_code == 422
    with acting_as(world.officer):
        row = Attachment.objects.select_related("removal").get(pk=file.pk)
        assert (row.name, row.description, row.removal.reason) == ("", "", "Mauvais dossier")
        assert row.sha256 == file.sha256
        assert CaseEvent.objects.filter(code=EventCode.FILE_REMOVED).count() == 1


# --- the antivirus ----------------------------------------------------------------------------------------------
class Clamd:
    """A daemon that speaks INSTREAM on a real socket; finds the EICAR test file."""

    def __init__(self, server: socket.socket):
        self.server, self.received = server, []
        self.server.listen()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                connection, _address = self.server.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                assert stream.read(10) == b"zINSTREAM\0"
                content = b""
                while length := int.from_bytes(stream.read(4), "big"):
                    content += stream.read(length)
                self.received.append(content)
                found = samples.EICAR in content
                connection.sendall(b"stream: Eicar-Signature FOUND\0" if found else b"stream: OK\0")


@pytest.fixture
def tcp(settings):
    server = socket.create_server(("127.0.0.1", 0))
    settings.CLAMAV_URL = f"tcp://127.0.0.1:{server.getsockname()[1]}"
    yield Clamd(server)
    server.close()


@pytest.fixture
def unix(settings, tmp_path):
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "clamd"))
    settings.CLAMAV_URL = f"unix:{tmp_path / 'clamd'}"
    yield Clamd(server)
    server.close()


def closed_for_now(by, file) -> None:
    client = as_(by)
    assert "en cours de vérification" in text(client.get(url("reports:files", Case(pk=file.case_id))))
    page = text(client.get(addresses(file)[0]))
    assert addresses(file)[2] not in page and "Elle dit" not in page
    for address in addresses(file)[1:3]:
        assert client.get(address).status_code in (403, 404)


@pytest.mark.django_db
@pytest.mark.parametrize("daemon", ["tcp", "unix"])
def test_a_clean_file_opens_once_it_is_checked(world, case, request, daemon):
    daemon = request.getfixturevalue(daemon)
    assert send(world.officer, case, "a.txt", b"Elle dit").status_code == 302
    with acting_as(world.officer):
        file = Attachment.objects.get()
    assert file.state == FileState.QUARANTINED
    closed_for_now(world.officer, file)
    with acting_as(world.officer), pytest.raises(Refused):
        files.read_file(access=for_case(case, world.officer), file=file)
    assert files.scan_waiting() == 1 and daemon.received == [b"Elle dit"]
    page = text(as_(world.officer).get(addresses(file)[0]))
    assert addresses(file)[2] in page and "Elle dit" in page and "Aucun antivirus" not in page
    assert files.scan_waiting() == 0, "once"
    with acting_as(world.officer):
        assert AttachmentScan.objects.get().signature == ""


@pytest.mark.django_db
def test_a_file_with_something_in_it_is_destroyed(world, case, tcp, kept, django_capture_on_commit_callbacks):
    file = put(world.officer, case, "a.txt", b"Elle dit " + samples.EICAR)
    with django_capture_on_commit_callbacks(execute=True):
        assert files.scan_waiting() == 1
    assert on_disk(kept) == []
    client = as_(world.officer)
    assert "refusé par l’antivirus" in text(client.get(url("reports:files", case)))
    for address in addresses(file)[1:3]:
        assert client.get(address).status_code in (403, 404)
    assert addresses(file)[3] not in text(client.get(addresses(file)[0]))
    assert "antivirus" in text(client.get(url("cases:summary", case)))
    with acting_as(world.officer):
        assert AttachmentScan.objects.get().signature == "Eicar-Signature"
        assert CaseEvent.objects.get(code=EventCode.FILE_REFUSED).agency_id == world.officer.agency_id


@pytest.mark.django_db
def test_without_an_answer_files_wait_and_are_asked_about_again(world, case, settings, unused_port):
    settings.CLAMAV_URL = f"tcp://127.0.0.1:{unused_port}"
    waiting = [put(world.officer, case, "a.txt", b"Elle dit") for _number in range(5)]
    assert files.scan_waiting() == 0
    for file in waiting:
        closed_for_now(world.officer, file)
    settings.CLAMAV_URL = ""
    assert files.scan_waiting() == 0
    closed_for_now(world.officer, waiting[0])
    server = socket.create_server(("127.0.0.1", unused_port))
    settings.CLAMAV_URL = f"tcp://127.0.0.1:{unused_port}"
    daemon = Clamd(server)
    assert files.scan_waiting() == 5 and len(daemon.received) == 5
    server.close()
    with acting_as(world.officer):
        assert set(Attachment.objects.values_list("state", flat=True)) == {"clean"}


@pytest.fixture
def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.mark.django_db
@pytest.mark.parametrize("answer", [b"", b"INSTREAM size limit exceeded. ERROR\0", b"stream: who knows\0"])
def test_an_answer_that_says_nothing_is_none(world, case, settings, answer):
    server = socket.create_server(("127.0.0.1", 0))
    settings.CLAMAV_URL = f"tcp://127.0.0.1:{server.getsockname()[1]}"

    def serve():
        connection, _address = server.accept()
        with connection:
            while connection.recv(65536)[-4:] != bytes(4):
                pass
            connection.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    file = put(world.officer, case)
    assert files.scan_waiting() == 0
    server.close()
    with acting_as(world.officer):
        assert Attachment.objects.get(pk=file.pk).state == FileState.QUARANTINED
        assert not AttachmentScan.objects.exists()


@pytest.mark.django_db
def test_bytes_that_are_gone_do_not_stop_the_others(world, case, tcp):
    lost = [put(world.officer, case) for _number in range(files.FAILURES)]
    for file in lost:
        store.delete(file.stored)
    put(world.officer, case)
    assert files.scan_waiting() == 1


@pytest.mark.django_db(transaction=True)
def test_a_file_another_worker_looks_at_is_left_to_it(committed_world, tcp, owner):
    world = committed_world
    case = make_report(world.officer).case
    file = put(world.officer, case)
    with owner.transaction():
        owner.execute("SELECT 1 FROM reports_attachment WHERE id = %s FOR UPDATE", [file.pk])
        assert files.scan_waiting() == 0, "claimed, and the worker that holds it may still die"
    assert files.scan_waiting() == 1


@pytest.mark.django_db
def test_a_removed_file_is_not_checked_any_more(world, case, tcp):
    file = put(world.officer, case)
    with acting_as(world.officer):
        files.remove_file(by=world.officer, access=for_case(case, world.officer), file=file, reason="Erreur")
    assert files.scan_waiting() == 0


def test_the_page_says_the_limit_to_the_browser_too(settings):
    script = (settings.BASE_DIR / "static" / "js" / "upload.js").read_text()
    assert "dataset.largest" in script and json.dumps("input[type=file][data-largest]") in script.replace("'", '"')
