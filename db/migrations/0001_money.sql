CREATE TABLE `accounts` (
	`mailbox` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL,
	`purse` integer NOT NULL,
	`trial_at_ms` integer,
	`created_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `days` (
	`key` text NOT NULL,
	`day` integer NOT NULL,
	`model` text NOT NULL,
	`calls` integer NOT NULL,
	`input_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`amount_nano` integer NOT NULL,
	`failed` integer NOT NULL,
	PRIMARY KEY(`key`, `day`, `model`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `entries` (
	`id` integer PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`debit` integer NOT NULL,
	`credit` integer NOT NULL,
	`amount_nano` integer NOT NULL,
	`at_ms` integer NOT NULL,
	`day` integer NOT NULL,
	`key` text,
	`note` text,
	`model` text,
	`provider` text,
	`price` integer,
	`rule` text,
	`cost_nano` integer,
	`input_uncached` integer,
	`cache_read` integer,
	`cache_write_5m` integer,
	`cache_write_1h` integer,
	`cache_write_other` integer,
	`input_audio` integer,
	`input_image` integer,
	`output` integer,
	`output_reasoning` integer,
	`output_audio` integer,
	`output_image` integer,
	`searches` integer,
	`tier` text,
	`usage_source` text,
	`losses` text,
	`delivery` text
);
--> statement-breakpoint
CREATE TABLE `holds` (
	`call_id` integer PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`purse` integer NOT NULL,
	`amount_nano` integer NOT NULL,
	`model` text NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `prices` (
	`id` integer PRIMARY KEY NOT NULL,
	`model` text NOT NULL,
	`price` text NOT NULL,
	`source` text NOT NULL,
	`as_of` text NOT NULL,
	`from_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `purses` (
	`id` integer PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`balance_nano` integer NOT NULL,
	`expires_at_ms` integer,
	`created_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `purses_owner_unique` ON `purses` (`owner`);--> statement-breakpoint
ALTER TABLE `keys` ADD `previous_hash` text;--> statement-breakpoint
ALTER TABLE `keys` ADD `previous_until_ms` integer;--> statement-breakpoint
ALTER TABLE `keys` ADD `purse` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `keys` ADD `plan` text;--> statement-breakpoint
ALTER TABLE `keys` ADD `window_from` text;--> statement-breakpoint
ALTER TABLE `keys` ADD `started_at_ms` integer;--> statement-breakpoint
ALTER TABLE `keys` ADD `nano_per_minute` integer;--> statement-breakpoint
ALTER TABLE `keys` ADD `max_body_bytes` integer;--> statement-breakpoint
ALTER TABLE `keys` ADD `request_timeout_ms` integer;--> statement-breakpoint
ALTER TABLE `keys` ADD `log_bodies` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- The books of the house; purses of clients begin at 100.
INSERT INTO `purses` (`id`, `owner`, `balance_nano`, `created_at_ms`) VALUES
	(1, 'payments', 0, 0), (2, 'grants', 0, 0), (3, 'revenue', 0, 0),
	(4, 'forfeits', 0, 0), (5, 'adjustments', 0, 0), (6, 'windows', 0, 0);
--> statement-breakpoint
CREATE TRIGGER `purses_begin_empty` BEFORE INSERT ON `purses` WHEN NEW.`balance_nano` <> 0
BEGIN SELECT RAISE(ABORT, 'a purse begins empty; money comes in by an entry'); END;
--> statement-breakpoint
CREATE TRIGGER `purses_stay` BEFORE DELETE ON `purses`
BEGIN SELECT RAISE(ABORT, 'purses are never deleted'); END;
--> statement-breakpoint
CREATE TRIGGER `entries_stay` BEFORE DELETE ON `entries`
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `entries_are_final` BEFORE UPDATE OF
	`id`, `kind`, `debit`, `credit`, `amount_nano`, `at_ms`, `day`, `key`, `note`, `model`, `provider`, `price`, `rule`, `cost_nano`, `input_uncached`, `cache_read`, `cache_write_5m`, `cache_write_1h`, `cache_write_other`, `input_audio`, `input_image`, `output`, `output_reasoning`, `output_audio`, `output_image`, `searches`, `tier`, `usage_source`, `losses` ON `entries`
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `entries_deliver_once` BEFORE UPDATE OF `delivery` ON `entries`
WHEN NOT (OLD.`delivery` IS 'unknown' AND NEW.`delivery` IS 'complete')
BEGIN SELECT RAISE(ABORT, 'a delivery only goes from unknown to complete'); END;
--> statement-breakpoint
-- The same id a second time changes nothing, whatever the statement says of conflicts.
CREATE TRIGGER `entries_come_once` BEFORE INSERT ON `entries`
WHEN EXISTS (SELECT 1 FROM `entries` WHERE `id` = NEW.`id`)
BEGIN SELECT RAISE(IGNORE); END;
--> statement-breakpoint
CREATE TRIGGER `entries_are_sound` BEFORE INSERT ON `entries`
WHEN NEW.`amount_nano` < 0 OR NOT CASE NEW.`kind`
	WHEN 'purchase' THEN NEW.`debit` = 1 AND NEW.`credit` >= 100
	WHEN 'grant' THEN NEW.`debit` = 2 AND NEW.`credit` >= 100
	WHEN 'charge' THEN (NEW.`debit` >= 100 OR NEW.`debit` = 6) AND NEW.`credit` = 3
		AND NEW.`key` IS NOT NULL AND NEW.`model` IS NOT NULL AND NEW.`rule` IS NOT NULL AND NEW.`delivery` IS NOT NULL
	WHEN 'release' THEN (NEW.`debit` >= 100 OR NEW.`debit` = 6) AND NEW.`credit` = 3 AND NEW.`amount_nano` = 0
		AND NEW.`key` IS NOT NULL AND NEW.`model` IS NOT NULL
	WHEN 'forfeit' THEN NEW.`debit` >= 100 AND NEW.`credit` = 4
	WHEN 'adjust' THEN (NEW.`debit` = 5 AND NEW.`credit` >= 6) OR (NEW.`credit` = 5 AND NEW.`debit` >= 6)
	ELSE FALSE END
BEGIN SELECT RAISE(ABORT, 'an entry moves an amount the way its kind says, from purse to purse'); END;
--> statement-breakpoint
CREATE TRIGGER `entries_move_money` AFTER INSERT ON `entries` WHEN NEW.`amount_nano` > 0
BEGIN
	SELECT RAISE(ABORT, 'there is no such purse') WHERE
		(SELECT count(*) FROM `purses` WHERE `id` IN (NEW.`debit`, NEW.`credit`)) < 2;
	UPDATE `purses` SET `balance_nano` = `balance_nano` - NEW.`amount_nano` WHERE `id` = NEW.`debit`;
	UPDATE `purses` SET `balance_nano` = `balance_nano` + NEW.`amount_nano` WHERE `id` = NEW.`credit`;
END;
--> statement-breakpoint
CREATE TRIGGER `entries_end_calls` AFTER INSERT ON `entries` WHEN NEW.`kind` IN ('charge', 'release')
BEGIN
	DELETE FROM `holds` WHERE `call_id` = NEW.`id`;
	INSERT INTO `days` VALUES (
		NEW.`key`, NEW.`day`, NEW.`model`, 1,
		coalesce(NEW.`input_uncached` + NEW.`cache_read` + NEW.`cache_write_5m` + NEW.`cache_write_1h` + NEW.`cache_write_other`, 0),
		coalesce(NEW.`output`, 0), NEW.`amount_nano`, NEW.`rule` IS NOT 'finished' AND NEW.`rule` IS NOT 'client-left')
	ON CONFLICT DO UPDATE SET
		`calls` = `calls` + 1, `input_tokens` = `input_tokens` + excluded.`input_tokens`,
		`output_tokens` = `output_tokens` + excluded.`output_tokens`,
		`amount_nano` = `amount_nano` + excluded.`amount_nano`, `failed` = `failed` + excluded.`failed`;
END;
--> statement-breakpoint
CREATE TRIGGER `entries_correct_days` AFTER INSERT ON `entries` WHEN NEW.`kind` = 'adjust' AND NEW.`model` IS NOT NULL
BEGIN
	UPDATE `days` SET `amount_nano` = `amount_nano` + iif(NEW.`debit` = 5, -NEW.`amount_nano`, NEW.`amount_nano`)
	WHERE `key` = NEW.`key` AND `day` = NEW.`day` AND `model` = NEW.`model`;
END;
--> statement-breakpoint
-- What stood in a column so far becomes money in a purse of its own.
INSERT INTO `purses` (`id`, `owner`, `balance_nano`, `created_at_ms`)
	SELECT 99 + row_number() OVER (ORDER BY `rowid`), `id`, 0, `created_at_ms` FROM `keys`;
--> statement-breakpoint
UPDATE `keys` SET `purse` = (SELECT `purses`.`id` FROM `purses` WHERE `purses`.`owner` = `keys`.`id`),
	`window_from` = iif(`kind` = 'time', 'creation', NULL),
	`started_at_ms` = iif(`kind` = 'time', `created_at_ms`, NULL);
--> statement-breakpoint
-- Ids grow with time like call ids: milliseconds since 2024, then 22 bits.
INSERT INTO `entries` (`id`, `kind`, `debit`, `credit`, `amount_nano`, `at_ms`, `day`, `key`, `note`)
	SELECT ((`created_at_ms` - 1704067200000) << 22) + `purse`, 'grant', 2, `purse`, `credit_nano`, `created_at_ms`,
		`created_at_ms` / 86400000, `id`, 'credit at creation'
	FROM `keys` WHERE `credit_nano` > 0;
--> statement-breakpoint
-- Gmail ignores dots and everything from a plus sign: such spellings are one mailbox.
CREATE TEMP TABLE `mailboxes` AS
	SELECT `account` AS `email`, `kind`, `created_at_ms`, iif(`account` LIKE '%@gmail.com',
		replace(substr(`account`, 1, min(instr(`account`, '@'), instr(`account` || '+', '+')) - 1), '.', '') || '@gmail.com',
		`account`) AS `mailbox`
	FROM `keys` WHERE `account` <> 'operator';
--> statement-breakpoint
INSERT INTO `purses` (`id`, `owner`, `balance_nano`, `created_at_ms`)
	SELECT (SELECT max(max(`id`), 99) FROM `purses`) + row_number() OVER (ORDER BY min(`created_at_ms`)), `mailbox`, 0,
		min(`created_at_ms`)
	FROM `mailboxes` GROUP BY `mailbox`;
--> statement-breakpoint
INSERT INTO `accounts` (`mailbox`, `email`, `purse`, `trial_at_ms`, `created_at_ms`)
	SELECT `mailbox`, min(`email`), (SELECT `id` FROM `purses` WHERE `owner` = `mailbox`),
		min(iif(`kind` = 'trial', `created_at_ms`, NULL)), min(`created_at_ms`)
	FROM `mailboxes` GROUP BY `mailbox`;
--> statement-breakpoint
DROP TABLE `mailboxes`;
--> statement-breakpoint
ALTER TABLE `keys` DROP COLUMN `credit_nano`;
--> statement-breakpoint
INSERT INTO `facts` (`name`, `value`) VALUES ('keys_revision', '1');
--> statement-breakpoint
CREATE TRIGGER `keys_revised_by_insert` AFTER INSERT ON `keys`
BEGIN UPDATE `facts` SET `value` = `value` + 1 WHERE `name` = 'keys_revision'; END;
--> statement-breakpoint
CREATE TRIGGER `keys_revised_by_update` AFTER UPDATE ON `keys`
BEGIN UPDATE `facts` SET `value` = `value` + 1 WHERE `name` = 'keys_revision'; END;
--> statement-breakpoint
CREATE TRIGGER `keys_revised_by_delete` AFTER DELETE ON `keys`
BEGIN UPDATE `facts` SET `value` = `value` + 1 WHERE `name` = 'keys_revision'; END;
