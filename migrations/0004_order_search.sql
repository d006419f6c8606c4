-- Which orders hold a SKU, newest first. Lines never change after an order is placed, so rows are only ever added.
CREATE TABLE order_skus (
  sku TEXT NOT NULL,
  placed_at INTEGER NOT NULL,
  order_id TEXT NOT NULL,
  PRIMARY KEY (sku, placed_at DESC, order_id DESC)
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_for_review ON orders (placed_at DESC, id DESC) WHERE review IS NOT NULL;
