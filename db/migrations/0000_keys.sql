CREATE TABLE `facts` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `keys` (
	`id` text PRIMARY KEY NOT NULL,
	`secret_hash` text NOT NULL,
	`prefix` text NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`account` text NOT NULL,
	`credit_nano` integer NOT NULL,
	`days` integer,
	`quota_nano` integer,
	`budget_nano` integer,
	`budget_period` text,
	`models` text,
	`requests_per_minute` integer,
	`concurrent` integer,
	`tokens_per_minute` integer,
	`created_at_ms` integer NOT NULL,
	`expires_at_ms` integer,
	`revoked_at_ms` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `keys_secret_hash_unique` ON `keys` (`secret_hash`);--> statement-breakpoint
CREATE INDEX `keys_by_account` ON `keys` (`account`);