"""The translation check reads catalogues, templates and sources the way gettext and Django do."""

from tools.check_translations import (
    compile_mo,
    parse_po,
    problems,
    read_mo,
    texts_of_python,
    texts_of_template,
)

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nPlural-Forms: nplurals=2; plural=n>1;\\n"\n'


def catalogue(body):
    return parse_po(f"{HEADER}\n{body}")


def test_compiled_catalogue_holds_contexts_and_plurals():
    entries = catalogue(
        'msgctxt "month"\nmsgid "May"\nmsgstr "mai"\n\n'
        'msgid "%(n)s case"\nmsgid_plural "%(n)s cases"\nmsgstr[0] "%(n)s dossier"\n'
        'msgstr[1] ""\n"%(n)s dossiers"\n'
    )
    assert read_mo(compile_mo(entries)) == {
        "month\4May": "mai",
        ("%(n)s case", 0): "%(n)s dossier",
        ("%(n)s case", 1): "%(n)s dossiers",
    }


def test_complete_and_fresh_catalogue_has_no_problem():
    entries = catalogue('msgid "Save"\nmsgstr "Enregistrer"\n')
    assert problems(entries, {("", "Save"): "a.py"}, compile_mo(entries)) == []


def test_each_fault_is_named():
    entries = catalogue(
        'msgid "Empty"\nmsgstr ""\n\n#, fuzzy\nmsgid "Doubtful"\nmsgstr "Douteux"\n\n'
        'msgid "To %(name)s"\nmsgstr "À %(nom)s"\n\n#~ msgid "Old"\n#~ msgstr "Vieux"\n'
    )
    found = "\n".join(problems(entries, {("", "Old"): "a.py"}, compile_mo({})))
    for fault in ("not in the catalogue: 'Old'", "'Empty'", "'Doubtful'", "placeholders differ", "django.mo"):
        assert fault in found


def test_texts_of_python():
    source = 'x = _("a" "b"); pgettext_lazy("c", "d"); ngettext("one", "many", n); other("no"); _(variable)'
    assert set(texts_of_python(source)) == {("", "ab"), ("c", "d"), ("", "one")}


def test_texts_of_template():
    source = (
        '{% load i18n %}{% translate "Save" %}{% translate "May" context "month" %}{{ _("Later")|upper }}'
        "{% blocktranslate count n=x.n %}One {{ n }}{% plural %}{{ n }} many{% endblocktranslate %}"
        "{% blocktranslate trimmed %}\n  It's\n  {{ x }}\n{% endblocktranslate %}"
    )
    assert set(texts_of_template(source, "a.html")) == {
        ("", "Save"), ("month", "May"), ("", "Later"), ("", "One %(n)s"), ("", "It's %(x)s"),
    }  # fmt: skip
