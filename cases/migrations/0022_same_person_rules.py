"""What a decision on two records may say, and since when opposing reports close the addresses of a case.

Two records are in the cases the decision names. The victim and the presumed perpetrator of one case are never one
person, nor is anybody of one side somebody of the other: opposing reports are a link between cases. Shown as one are
records that one service wrote, by that service alone.
"""

from django.db import migrations, models

RULES = """
CREATE FUNCTION cases_same_person_rules() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public AS $$
DECLARE one cases_caseperson; other cases_caseperson;
BEGIN
  SELECT * INTO one FROM cases_caseperson p WHERE p.id = NEW.first_id;
  SELECT * INTO other FROM cases_caseperson p WHERE p.id = NEW.second_id;
  IF one.case_id IS DISTINCT FROM NEW.first_case_id OR other.case_id IS DISTINCT FROM NEW.second_case_id THEN
    RAISE EXCEPTION 'the records are not of these cases' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.verdict IN ('same', 'merged') AND (one.side <> other.side OR NEW.side <> one.side) THEN
    RAISE EXCEPTION 'one person is on one side' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.side <> 'perpetrator' AND 'perpetrator' IN (one.side, other.side) THEN
    RAISE EXCEPTION 'what concerns a suspect is on his side' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.verdict = 'merged' AND (one.agency_id <> NEW.agency_id OR other.agency_id <> NEW.agency_id) THEN
    RAISE EXCEPTION 'shown as one are records of one service' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER cases_same_person_rules BEFORE INSERT ON cases_sameperson
  FOR EACH ROW EXECUTE FUNCTION cases_same_person_rules();
"""
FORGET = """
DROP TRIGGER cases_same_person_rules ON cases_sameperson;
DROP FUNCTION cases_same_person_rules();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0021_hearing_events")]
    operations = [
        migrations.AddField(
            model_name="case",
            name="opposing_since",
            field=models.DateTimeField(null=True, verbose_name="addresses closed because of opposing reports"),
        ),
        migrations.RunSQL(RULES, FORGET),
    ]
