"""Grafana's boards: script/grafana.py makes them. Figures are those of docs/watching.md."""

from grafana_panels import (
    BYTES,
    COUNT,
    EUROS,
    PER_MINUTE,
    PER_SECOND,
    SECOND,
    Board,
    Panel,
    delays,
    last_hour,
    rate,
    rates,
)

#: Prometheus calls the label `job` of a figure so, beside its own.
JOB, BY_JOB = "{{exported_job}}", "max by (exported_job)"
BY_RECEIVER = "sum by (receiver)"

SYSTEM = Board(
    "tillstream-system",
    "Tillstream: system",
    "now-30m",
    {
        "Processes": (
            Panel("Up", COUNT, {"up": 'sum(up{job="tillstream"})'}, "stat"),
            Panel("Down", COUNT, {"down": 'sum(1 - up{job="tillstream"})'}, "stat"),
            Panel("Hung", COUNT, {"hung": "sum(1 - tillstream_live)"}, "stat"),
            Panel("Not ready", COUNT, {"not ready": "sum(1 - tillstream_ready)"}, "stat"),
            Panel("Alerts open", COUNT, {"open": "sum(tillstream_alerts_open)"}, "stat"),
            Panel("Open pages", COUNT, {"pages": "sum(tillstream_viewers)"}, "stat"),
            Panel("Up, by process", COUNT, {"{{component}}": 'up{job="tillstream"}'}),
            Panel(
                "CPU",
                "percentunit",
                {"{{component}}": rate("process_cpu_seconds_total", "component")},
                description="1 is one core.",
            ),
            Panel(
                "Memory",
                BYTES,
                {"{{component}}": "sum by (component) (process_resident_memory_bytes)"},
            ),
        ),
        "Rates": (
            Panel(
                "Receipts",
                PER_SECOND,
                {
                    "accepted": rate("tillstream_receipts_accepted_total"),
                    "counted": rate("tillstream_counted_receipts_total"),
                    "stored": rate("tillstream_stored_receipts_total"),
                },
            ),
            Panel(
                "Events",
                PER_SECOND,
                {
                    "{{stream}} accepted": rate("tillstream_events_accepted_total", "stream"),
                    "{{stream}} counted": rate("tillstream_counted_events_total", "stream"),
                },
            ),
            Panel(
                "Deliveries of vendors",
                PER_SECOND,
                {
                    "{{receiver}} accepted": rate(
                        "tillstream_deliveries_accepted_total", "receiver"
                    ),
                    "{{receiver}} taken": rate("tillstream_receiver_deliveries_total", "receiver"),
                    "{{receiver}} receipts": rate("tillstream_receiver_receipts_total", "receiver"),
                },
            ),
            rates("Requests to the archive", "tillstream_requests_total", "status"),
        ),
        "Errors": (
            Panel(
                "Refused at the door",
                PER_SECOND,
                {
                    "requests {{status}}": rate("tillstream_requests_refused_total", "status"),
                    "events of {{stream}}": rate("tillstream_events_refused_total", "stream"),
                },
            ),
            rates("Receipts marked", "tillstream_receipts_marked_total", "rule"),
            rates("Receipts not stored", "tillstream_not_stored_receipts_total", "why"),
            Panel(
                "Not counted, since the state began",
                COUNT,
                {
                    "receipts: {{why}}": "sum by (why) (tillstream_not_counted_receipts)",
                    "events of {{stream}}": "sum by (stream) (tillstream_set_aside_events)",
                },
            ),
            Panel(
                "Deliveries that are no receipts",
                COUNT,
                {
                    "{{receiver}} set aside": (
                        f"{BY_RECEIVER} (tillstream_receiver_aside_deliveries)"
                    ),
                    "{{receiver}} asked": f"{BY_RECEIVER} (tillstream_receiver_fetches)",
                },
            ),
            Panel("Feeds live", COUNT, {"{{feed}}": "min by (feed) (tillstream_feed_live)"}),
            Panel("Jobs, newest run failed", COUNT, {JOB: f"{BY_JOB} (tillstream_job_failed)"}),
            Panel("Jobs, overdue", SECOND, {JOB: f"{BY_JOB} (tillstream_job_overdue_seconds)"}),
        ),
        "Durations, from the door on": (
            delays("Receipts confirmed", "tillstream_received_to_confirmed_seconds"),
            delays("Receipts counted", "tillstream_received_to_committed_seconds"),
            delays("Receipts stored", "tillstream_received_to_stored_seconds"),
            delays("Events counted", "tillstream_events_received_to_committed_seconds"),
            delays("Requests to the archive", "tillstream_request_seconds"),
            Panel(
                "Age of what is shown",
                SECOND,
                {"{{feed}}": "max by (feed) (tillstream_shown_age_seconds)"},
            ),
        ),
        "Lag": (
            Panel(
                "Behind, messages",
                COUNT,
                {"{{component}}": "max by (component) (tillstream_behind_messages)"},
            ),
            Panel(
                "Behind, time",
                SECOND,
                {
                    "{{component}}": "max by (component) (tillstream_behind_seconds)",
                    "the ledger": "max(tillstream_ledger_behind_seconds)",
                },
            ),
            Panel(
                "Loops turned last",
                SECOND,
                {"{{component}}": "max by (component) (tillstream_loop_age_seconds)"},
            ),
        ),
        "What fills up": (
            Panel(
                "Queues and logs, messages",
                COUNT,
                {"{{queue}}": "max by (queue) (tillstream_queue_messages)"},
                description="Of a log all that it keeps.",
            ),
            Panel(
                "Ledger and windows",
                BYTES,
                {
                    "ledger": "max(tillstream_ledger_bytes)",
                    "windows": "max(tillstream_windows_bytes)",
                },
            ),
            Panel("Disk free", BYTES, {"DATA_DIR": "min(tillstream_disk_free_bytes)"}),
            Panel(
                "In flight at the door",
                COUNT,
                {
                    "receipts": "sum(tillstream_receipts_in_flight)",
                    "events": "sum(tillstream_events_in_flight)",
                },
            ),
        ),
    },
)

REVENUE, RECEIPTS = "max(tillstream_day_gross_minor) / 100", "max(tillstream_day_receipts)"
CATEGORIES = "max by (category) (tillstream_day_category_gross_minor) / 100"

SALES = Board(
    "tillstream-sales",
    "Tillstream: sales",
    "now-12h",
    {
        "Business day": (
            Panel("Revenue", EUROS, {"gross": REVENUE}, "stat"),
            Panel("Receipts", COUNT, {"receipts": RECEIPTS}, "stat"),
            Panel("Average receipt", EUROS, {"gross": f"{REVENUE} / {RECEIPTS}"}, "stat"),
            Panel("Last minute", COUNT, {"now": "max(tillstream_receipts_last_minute)"}, "stat"),
            Panel("Revenue by category", EUROS, {"{{category}}": CATEGORIES}, "bars"),
        ),
        "Over time": (
            Panel("Revenue of the day", EUROS, {"gross": REVENUE}),
            Panel("Receipts of the day", COUNT, {"receipts": RECEIPTS}),
            Panel(
                "Receipts a minute",
                PER_MINUTE,
                {"accepted": f"60 * {rate('tillstream_receipts_accepted_total')}"},
            ),
            Panel(
                "Revenue of the day by category",
                EUROS,
                {"{{category}}": CATEGORIES},
                "stacked",
                "The 20 categories with the largest sums.",
            ),
        ),
    },
)

#: S2, clicks and the purchases that they led to.
OURS = '{stream=~"clicks|purchases"}'


def counted(stream: str) -> str:
    """Events of a stream in the last hour."""
    return f'sum(increase(tillstream_counted_events_total{{stream="{stream}"}}[1h]))'


SHOP = Board(
    "tillstream-shop",
    "Tillstream: shop",
    "now-1h",
    {
        "Last hour": (
            last_hour("Counted", f"tillstream_counted_events_total{OURS}"),
            last_hour("Came again", f"tillstream_duplicate_events_total{OURS}"),
            last_hour("Refused at the door", f"tillstream_events_refused_total{OURS}"),
            Panel(
                "Set aside, since the state began",
                COUNT,
                {"{{stream}}": f"sum by (stream) (tillstream_set_aside_events{OURS})"},
                "stat",
            ),
            Panel(
                "Purchases of 100 clicks",
                COUNT,
                {"purchases": f"100 * {counted('purchases')} / ({counted('clicks')} > 0)"},
                "stat",
                "All purchases against all clicks; which click led to which is on the dashboard.",
            ),
        ),
        "Over time": (
            rates("Counted", f"tillstream_counted_events_total{OURS}", "stream"),
            delays("All events counted", "tillstream_events_received_to_committed_seconds"),
            Panel(
                "Age of the watermark",
                SECOND,
                {
                    "{{stream}}": "time() - max by (stream)"
                    f" (tillstream_watermark_timestamp_seconds{OURS})"
                },
                description="Windows that end before it are final.",
            ),
            Panel(
                "Events behind",
                SECOND,
                {"events": 'max(tillstream_behind_seconds{component="events"})'},
            ),
            Panel("Windows", BYTES, {"state": "max(tillstream_windows_bytes)"}),
        ),
    },
)

BOARDS = (SYSTEM, SALES, SHOP)
