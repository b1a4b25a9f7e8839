"""What billing can be told by its environment (prefix BILLING_)."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Literal

from pydantic import Field

from chassis.settings import Settings, secret
from services.billing.messages import Party


class BillingSettings(Settings, prefix="BILLING_"):
    """Settings of the service billing."""

    bank_url: str = Field("http://127.0.0.1:8081", description="Address of the payment provider's interface")
    bank_api_key: str = secret("sandbox", "Key with which billing calls the payment provider")
    bank_callback_url: str = Field(
        "http://127.0.0.1:8080/bank/callback", description="Address at which the provider reaches our gateway"
    )
    bank_seconds: float = Field(4.0, gt=0, le=30, description="Longest wait for one answer of the provider, seconds")
    public_url: str = Field(
        "http://127.0.0.1:8080", validation_alias="PUBLIC_URL", description="Address of the portal, where payers return"
    )
    payment_provider: Literal["sandbox_bank"] = Field("sandbox_bank", description="Which provider takes payments")
    payment_minutes: int = Field(30, ge=1, le=1440, description="Minutes after which an unfinished payment expires")
    connect_seconds: int = Field(
        120, ge=5, le=3600, description="Seconds we go on trying to reach a provider that does not answer, per payment"
    )
    payment_limit: Decimal = Field(Decimal("100000.00"), gt=0, description="Most one payment may be, EUR")
    term_days: int = Field(20, ge=0, le=365, description="Days a client has to pay an invoice")
    e_invoice_bonus_days: int = Field(5, ge=0, le=60, description="Days more for legal persons with e-invoice (C11)")
    e_invoice_cap_days: int = Field(20, ge=0, le=365, description="The bonus never makes the term longer than this")
    invoice_series: str = Field("EMS", pattern=r"^[A-Z]{1,6}$", description="Letters invoice numbers begin with")
    supplier_name: str = Field("VAS “Elektroniskie sakari”", description="Supplier on invoices: name (S1-02)")
    supplier_reg_no: str = Field("40003021907", description="Supplier: registration number")
    supplier_vat_no: str = Field("LV40003021907", description="Supplier: VAT number, shown where VAT is counted")
    supplier_address: str = Field("Eksporta iela 5, Rīga, LV-1010", description="Supplier: address")
    supplier_phone: str = Field("67332179", description="Supplier: telephone")
    supplier_email: str = Field("info@vases.lv", description="Supplier: e-mail address")
    supplier_iban: str = Field("LV44HABA0551000000001", description="Supplier: account invoices are paid to")
    supplier_bank: str = Field("AS “Swedbank”", description="Supplier: name of the bank")
    supplier_bic: str = Field("HABALV22", description="Supplier: BIC of the bank")

    def supplier(self) -> Party:
        """Return the supplier as it stands on an invoice."""
        return Party(
            name=self.supplier_name,
            reg_no=self.supplier_reg_no,
            vat_no=self.supplier_vat_no,
            address=self.supplier_address,
            phone=self.supplier_phone,
            email=self.supplier_email,
            iban=self.supplier_iban,
            bank=self.supplier_bank,
            bic=self.supplier_bic,
        )


@lru_cache(maxsize=1)
def settings() -> BillingSettings:
    """Return the settings, read and checked once."""
    return BillingSettings()
