//! What is sold: products, and their prices.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::book::{Book, Cause};
use super::error::StripeError;
use super::params::Params;
use super::shelf::Item;

/// A thing that is sold.
#[derive(Debug, Clone)]
pub(super) struct Product {
    id: String,
    created: i64,
    name: String,
    metadata: BTreeMap<String, String>,
}

/// What a product costs.
#[derive(Debug, Clone)]
pub struct Price {
    /// Its id.
    pub id: String,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// The product that it is of.
    pub product: String,
    /// The currency, in lower case.
    pub currency: String,
    /// What a unit costs, in the currency's smallest unit.
    pub unit_amount: i64,
    /// How often it is to be paid: `day`, `week`, `month` or `year`; none where it is paid once.
    pub interval: Option<&'static str>,
    metadata: BTreeMap<String, String>,
    nickname: Option<String>,
}

impl Price {
    /// How long a period is, in seconds. Months and years are made equal.
    pub(super) fn period(&self) -> i64 {
        let days = match self.interval {
            Some("day") => 1,
            Some("week") => 7,
            Some("year") => 365,
            _ => 30,
        };
        days * 24 * 60 * 60
    }
}

impl Item for Product {
    const NAME: &'static str = "product";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, livemode: bool) -> Value {
        json!({
            "id": self.id,
            "object": "product",
            "active": true,
            "created": self.created,
            "default_price": null,
            "description": null,
            "images": [],
            "livemode": livemode,
            "marketing_features": [],
            "metadata": self.metadata,
            "name": self.name,
            "package_dimensions": null,
            "shippable": null,
            "statement_descriptor": null,
            "tax_code": null,
            "unit_label": null,
            "updated": self.created,
            "url": null,
        })
    }
}

impl Item for Price {
    const NAME: &'static str = "price";

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn render(&self, livemode: bool) -> Value {
        let recurring = self.interval.map(|interval| {
            json!({
                "interval": interval,
                "interval_count": 1,
                "meter": null,
                "usage_type": "licensed",
            })
        });
        json!({
            "id": self.id,
            "object": "price",
            "active": true,
            "billing_scheme": "per_unit",
            "created": self.created,
            "currency": self.currency,
            "custom_unit_amount": null,
            "livemode": livemode,
            "lookup_key": null,
            "metadata": self.metadata,
            "nickname": self.nickname,
            "product": self.product,
            "recurring": recurring,
            "tax_behavior": "unspecified",
            "tiers_mode": null,
            "transform_quantity": null,
            "type": if self.interval.is_some() { "recurring" } else { "one_time" },
            "unit_amount": self.unit_amount,
            "unit_amount_decimal": self.unit_amount.to_string(),
        })
    }
}

/// A product that is to be made.
#[derive(Debug, Clone)]
pub(super) struct ProductDraft {
    name: String,
    metadata: BTreeMap<String, String>,
}

impl ProductDraft {
    pub(super) fn read(params: &mut Params) -> Result<ProductDraft, StripeError> {
        params.ignore(&["description", "active", "images"]);
        Ok(ProductDraft {
            name: params.required("name")?,
            metadata: params.map("metadata"),
        })
    }
}

/// A price that is to be made.
#[derive(Debug, Clone)]
pub(super) struct PriceDraft {
    product: Result<String, ProductDraft>,
    currency: String,
    unit_amount: i64,
    interval: Option<&'static str>,
    metadata: BTreeMap<String, String>,
    nickname: Option<String>,
}

/// The highest amount that Stripe takes, in the currency's smallest unit.
pub(super) const AMOUNT_MAX: i64 = 99_999_999;

impl PriceDraft {
    pub(super) fn read(params: &mut Params) -> Result<PriceDraft, StripeError> {
        let currency = params.currency("currency")?;
        let unit_amount = params.between("unit_amount", 0, AMOUNT_MAX)?;
        let mut recurring = params.nested("recurring");
        let interval = match recurring.is_empty() {
            true => None,
            false => {
                let word = recurring.one_of("interval", &["day", "month", "week", "year"])?;
                recurring.between("interval_count", 1, 1)?;
                Some(word.ok_or_else(|| recurring.lacking("interval"))?)
            }
        };
        recurring.finish()?;
        let mut inline = params.nested("product_data");
        let product = match inline.is_empty() {
            true => Ok(params.required("product")?),
            false => Err(ProductDraft::read(&mut inline)?),
        };
        inline.finish()?;
        Ok(PriceDraft {
            product,
            currency: currency.ok_or_else(|| params.lacking("currency"))?,
            unit_amount: unit_amount.ok_or_else(|| params.lacking("unit_amount"))?,
            interval,
            metadata: params.map("metadata"),
            nickname: params.text("nickname")?,
        })
    }
}

impl Book {
    pub(super) fn create_product(&mut self, draft: ProductDraft, cause: &Cause) -> Value {
        let product = Product {
            id: self.id("prod", 13),
            created: self.now(),
            name: draft.name,
            metadata: draft.metadata,
        };
        let livemode = self.livemode();
        let shown = self.products.put(product).render(livemode);
        self.emit_own("product.created", shown.clone(), cause);
        shown
    }

    pub(super) fn create_price(
        &mut self,
        draft: PriceDraft,
        cause: &Cause,
    ) -> Result<Value, StripeError> {
        let product = match draft.product {
            Ok(product) if self.products.get(&product).is_none() => {
                return Err(StripeError::missing_in("product", "product", &product));
            }
            Ok(product) => product,
            Err(inline) => self.create_product(inline, cause)["id"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        };
        let price = Price {
            id: self.id("price", 24),
            created: self.now(),
            product,
            currency: draft.currency,
            unit_amount: draft.unit_amount,
            interval: draft.interval,
            metadata: draft.metadata,
            nickname: draft.nickname,
        };
        let livemode = self.livemode();
        let shown = self.prices.put(price).render(livemode);
        self.emit_own("price.created", shown.clone(), cause);
        Ok(shown)
    }

    /// Sells something by the month for so many US cents, under a price with that id.
    pub fn add_price(&mut self, id: &str, cents: i64) {
        self.add_price_in(id, cents, "usd");
    }

    /// The same in another currency.
    pub fn add_price_in(&mut self, id: &str, amount: i64, currency: &str) {
        let product = Product {
            id: self.id("prod", 13),
            created: self.now(),
            name: format!("What {id} buys"),
            metadata: BTreeMap::new(),
        };
        let price = Price {
            id: id.to_owned(),
            created: self.now(),
            product: product.id.clone(),
            currency: currency.to_owned(),
            unit_amount: amount,
            interval: Some("month"),
            metadata: BTreeMap::new(),
            nickname: None,
        };
        self.products.put(product);
        self.prices.put(price);
    }
}
