-- What is asked of an entry in one trigger, and what it does in another: each one costs every row.
DROP TRIGGER `entries_come_once`;
--> statement-breakpoint
DROP TRIGGER `entries_are_sound`;
--> statement-breakpoint
DROP TRIGGER `entries_correct_calls`;
--> statement-breakpoint
DROP TRIGGER `entries_move_money`;
--> statement-breakpoint
DROP TRIGGER `entries_end_calls`;
--> statement-breakpoint
DROP TRIGGER `entries_correct_days`;
--> statement-breakpoint
CREATE TRIGGER `entries_are_sound` BEFORE INSERT ON `entries`
BEGIN
	SELECT RAISE(IGNORE) WHERE EXISTS (SELECT 1 FROM `entries` WHERE `id` = NEW.`id`);
	SELECT RAISE(ABORT, 'an entry moves an amount the way its kind says, from purse to purse')
	WHERE NEW.`amount_nano` < 0 OR NOT CASE NEW.`kind`
		WHEN 'charge' THEN (NEW.`debit` >= 100 OR NEW.`debit` = 6) AND NEW.`credit` = 3
			AND NEW.`key` IS NOT NULL AND NEW.`model` IS NOT NULL AND NEW.`rule` IS NOT NULL AND NEW.`delivery` IS NOT NULL
		WHEN 'release' THEN (NEW.`debit` >= 100 OR NEW.`debit` = 6) AND NEW.`credit` = 3 AND NEW.`amount_nano` = 0
			AND NEW.`key` IS NOT NULL AND NEW.`model` IS NOT NULL
		WHEN 'purchase' THEN NEW.`debit` = 1 AND NEW.`credit` >= 100
		WHEN 'grant' THEN NEW.`debit` = 2 AND NEW.`credit` >= 100
		WHEN 'forfeit' THEN NEW.`debit` >= 100 AND NEW.`credit` = 4
		WHEN 'adjust' THEN (NEW.`debit` = 5 AND NEW.`credit` >= 6) OR (NEW.`credit` = 5 AND NEW.`debit` >= 6)
		ELSE FALSE END;
	SELECT RAISE(ABORT, 'a correction names a key, a model and a day with calls')
	WHERE NEW.`kind` = 'adjust' AND (NEW.`key` IS NOT NULL OR NEW.`model` IS NOT NULL) AND NOT EXISTS (
		SELECT 1 FROM `days` WHERE `key` = NEW.`key` AND `day` = NEW.`day` AND `model` = NEW.`model`);
	SELECT RAISE(ABORT, 'a correction moves money of the purse its calls were paid from')
	WHERE NEW.`kind` = 'adjust' AND (NEW.`key` IS NOT NULL OR NEW.`model` IS NOT NULL) AND NOT EXISTS (
		SELECT 1 FROM `keys` WHERE `id` = NEW.`key`
		AND iif(`kind` = 'time', 6, `purse`) = iif(NEW.`debit` = 5, NEW.`credit`, NEW.`debit`));
END;
--> statement-breakpoint
CREATE TRIGGER `entries_take_effect` AFTER INSERT ON `entries`
BEGIN
	UPDATE `purses` SET `balance_nano` = `balance_nano` - NEW.`amount_nano`
		WHERE `id` = NEW.`debit` AND NEW.`amount_nano` > 0;
	SELECT RAISE(ABORT, 'there is no such purse') WHERE changes() = 0 AND NEW.`amount_nano` > 0;
	UPDATE `purses` SET `balance_nano` = `balance_nano` + NEW.`amount_nano`
		WHERE `id` = NEW.`credit` AND NEW.`amount_nano` > 0;
	SELECT RAISE(ABORT, 'there is no such purse') WHERE changes() = 0 AND NEW.`amount_nano` > 0;
	DELETE FROM `holds` WHERE `call_id` = NEW.`id` AND NEW.`kind` IN ('charge', 'release');
	INSERT INTO `days` (`key`, `day`, `model`, `calls`, `input_tokens`, `output_tokens`, `amount_nano`, `failed`, `cached_tokens`, `last_ms`)
	SELECT
		NEW.`key`, NEW.`day`, NEW.`model`, 1,
		coalesce(NEW.`input_uncached` + NEW.`cache_read` + NEW.`cache_write_5m` + NEW.`cache_write_1h` + NEW.`cache_write_other`, 0),
		coalesce(NEW.`output`, 0), NEW.`amount_nano`,
		NEW.`rule` IS NOT 'finished' AND NEW.`rule` IS NOT 'client-left' AND NEW.`rule` IS NOT 'cache',
		coalesce(NEW.`cache_read`, 0), iif(NEW.`kind` = 'charge', NEW.`at_ms`, 0)
	WHERE NEW.`kind` IN ('charge', 'release')
	ON CONFLICT DO UPDATE SET
		`calls` = `calls` + 1, `input_tokens` = `input_tokens` + excluded.`input_tokens`,
		`output_tokens` = `output_tokens` + excluded.`output_tokens`,
		`amount_nano` = `amount_nano` + excluded.`amount_nano`, `failed` = `failed` + excluded.`failed`,
		`cached_tokens` = `cached_tokens` + excluded.`cached_tokens`, `last_ms` = max(`last_ms`, excluded.`last_ms`);
	UPDATE `days` SET `amount_nano` = `amount_nano` + iif(NEW.`debit` = 5, -NEW.`amount_nano`, NEW.`amount_nano`)
		WHERE NEW.`kind` = 'adjust' AND `key` = NEW.`key` AND `day` = NEW.`day` AND `model` = NEW.`model`;
END;
