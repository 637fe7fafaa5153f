"""A body ends when nothing waits before it, and is asked nothing after."""

from django.db import migrations

SQL = """
CREATE FUNCTION public.bodies_on_end() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF OLD.ended_on IS NOT NULL THEN
        PERFORM public.bodies_refuse('bodies_ended');
    END IF;
    IF EXISTS (SELECT FROM public.bodies_item i WHERE i.body_id = NEW.id AND i.outcome = '')
       OR EXISTS (SELECT FROM public.bodies_sitting s
                  WHERE s.body_id = NEW.id AND s.state IN ('called', 'open')) THEN
        PERFORM public.bodies_refuse('bodies_ends_settled');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_on_end BEFORE UPDATE OF ended_on ON public.bodies_body
    FOR EACH ROW EXECUTE FUNCTION public.bodies_on_end();
-- Whoever ends it at this moment is waited for, and waits in turn: nothing slips in beside it.
CREATE FUNCTION public.bodies_not_ended() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    PERFORM FROM public.bodies_body b
    WHERE b.id = NEW.body_id AND b.ended_on IS NULL FOR SHARE;
    IF NOT FOUND THEN
        PERFORM public.bodies_refuse('bodies_ended');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bodies_not_ended BEFORE INSERT ON public.bodies_item
    FOR EACH ROW EXECUTE FUNCTION public.bodies_not_ended();
CREATE TRIGGER bodies_not_ended BEFORE INSERT ON public.bodies_sitting
    FOR EACH ROW EXECUTE FUNCTION public.bodies_not_ended();
"""
DROP = """
DROP TRIGGER bodies_not_ended ON public.bodies_sitting;
DROP TRIGGER bodies_not_ended ON public.bodies_item;
DROP FUNCTION public.bodies_not_ended();
DROP TRIGGER bodies_on_end ON public.bodies_body;
DROP FUNCTION public.bodies_on_end();
"""


class Migration(migrations.Migration):
    dependencies = [("bodies", "0010_one_day")]

    operations = [migrations.RunSQL([SQL], [DROP])]
