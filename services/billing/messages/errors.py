"""The refusals of billing, each with its status and its two sentences."""

from __future__ import annotations

from chassis.errors import ErrorTable

ERRORS = ErrorTable(
    "billing",
    {
        "invoice_paid": (409, "Rēķins {number} jau ir apmaksāts.", "Invoice {number} is already paid."),
        "invoice_in_payment": (
            409,
            "Rēķins {number} jau ir iekļauts nepabeigtā maksājumā. Pabeidziet vai atceliet to.",
            "Invoice {number} is part of an unfinished payment. Finish or cancel that one first.",
        ),
        "nothing_chosen": (422, "Izvēlieties vismaz vienu rēķinu.", "Choose at least one invoice."),
        "invoice_twice": (422, "Rēķins {number} ir norādīts divreiz.", "Invoice {number} is given twice."),
        "amount_not_positive": (422, "Summai jābūt lielākai par nulli.", "The amount must be more than zero."),
        "amount_over_open": (
            422,
            "Rēķinam {number} vēl jāmaksā {open}; vairāk samaksāt nevar.",
            "Invoice {number} has {open} left to pay; no more can be paid.",
        ),
        "payment_amount_too_big": (
            422,
            "Vienā maksājumā var samaksāt ne vairāk kā {limit}.",
            "One payment can be at most {limit}.",
        ),
        "payment_finished": (409, "Maksājums jau ir pabeigts.", "The payment is already finished."),
        "bank_unavailable": (
            503,
            "Banka pašlaik neatbild. Nauda nav noņemta; mēģiniet vēlāk.",
            "The bank does not answer now. No money was taken; please try later.",
        ),
        "notice_unsigned": (403, "Paziņojuma paraksts nav derīgs.", "The signature of the notice is not valid."),
        "notice_malformed": (422, "Paziņojumu nevar nolasīt.", "The notice cannot be read."),
        "price_list_published": (
            409,
            "Cenrādis ir publicēts un vairs nav maināms. Izveidojiet jaunu versiju.",
            "The price list is published and cannot change. Make a new version.",
        ),
        "price_list_empty": (422, "Cenrādī nav neviena izcenojuma.", "The price list has no items."),
        "price_list_overlaps": (
            409,
            "Šajā laikā jau ir spēkā cenrādis “{title}”.",
            "The price list “{title}” is already in force in that time.",
        ),
        "price_list_gap": (
            422,
            "Derīguma beigas nevar būt pirms sākuma.",
            "The last day of validity cannot be before the first.",
        ),
        "price_code_twice": (422, "Izcenojuma kods {item} atkārtojas.", "The item code {item} is used twice."),
        "price_list_past": (
            422,
            "Cenrādi nevar publicēt ar spēkā stāšanos pagātnē.",
            "A price list cannot be published with a first day in the past.",
        ),
        "no_price_list": (
            409,
            "Dienā {day} nav spēkā neviena cenrāža. Vispirms publicējiet cenrādi.",
            "No price list is in force on {day}. Publish one first.",
        ),
        "no_price": (
            409,
            "Cenrādī, kas ir spēkā {day}, nav izcenojuma {item}.",
            "The price list in force on {day} has no item {item}.",
        ),
        "month_not_begun": (
            422,
            "Mēnesis vēl nav sācies; rēķinus par to nevar izrakstīt.",
            "The month has not begun; it cannot be invoiced yet.",
        ),
        "fee_run_going": (
            409,
            "Par šo mēnesi rēķinu izrakstīšana jau notiek.",
            "A fee run for this month is already going on.",
        ),
        "ledger_unbalanced": (500, "Grāmatojums nav līdzsvarā.", "The posting does not balance."),
        "suspense_settled": (409, "Šī nauda jau ir atmaksāta.", "This money is already returned."),
    },
)
