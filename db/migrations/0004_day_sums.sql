ALTER TABLE `days` ADD `cached_tokens` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `days` ADD `last_ms` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
-- For the calls so far both stand in the entries.
UPDATE `days` SET `cached_tokens` = `sums`.`cached`, `last_ms` = `sums`.`last` FROM (
	SELECT `key`, `day`, `model`, coalesce(sum(`cache_read`), 0) AS `cached`, max(`at_ms`) AS `last` FROM `entries`
	WHERE `kind` = 'charge' GROUP BY 1, 2, 3) AS `sums`
WHERE `days`.`key` = `sums`.`key` AND `days`.`day` = `sums`.`day` AND `days`.`model` = `sums`.`model`;
--> statement-breakpoint
-- An answer out of the cache is no failed call either.
DROP TRIGGER `entries_end_calls`;
--> statement-breakpoint
CREATE TRIGGER `entries_end_calls` AFTER INSERT ON `entries` WHEN NEW.`kind` IN ('charge', 'release')
BEGIN
	DELETE FROM `holds` WHERE `call_id` = NEW.`id`;
	INSERT INTO `days` (`key`, `day`, `model`, `calls`, `input_tokens`, `output_tokens`, `amount_nano`, `failed`, `cached_tokens`, `last_ms`)
	VALUES (
		NEW.`key`, NEW.`day`, NEW.`model`, 1,
		coalesce(NEW.`input_uncached` + NEW.`cache_read` + NEW.`cache_write_5m` + NEW.`cache_write_1h` + NEW.`cache_write_other`, 0),
		coalesce(NEW.`output`, 0), NEW.`amount_nano`,
		NEW.`rule` IS NOT 'finished' AND NEW.`rule` IS NOT 'client-left' AND NEW.`rule` IS NOT 'cache',
		coalesce(NEW.`cache_read`, 0), iif(NEW.`kind` = 'charge', NEW.`at_ms`, 0))
	ON CONFLICT DO UPDATE SET
		`calls` = `calls` + 1, `input_tokens` = `input_tokens` + excluded.`input_tokens`,
		`output_tokens` = `output_tokens` + excluded.`output_tokens`,
		`amount_nano` = `amount_nano` + excluded.`amount_nano`, `failed` = `failed` + excluded.`failed`,
		`cached_tokens` = `cached_tokens` + excluded.`cached_tokens`, `last_ms` = max(`last_ms`, excluded.`last_ms`);
END;
--> statement-breakpoint
-- A correction names the calls it corrects, and moves money where theirs came from.
CREATE TRIGGER `entries_correct_calls` BEFORE INSERT ON `entries`
WHEN NEW.`kind` = 'adjust' AND (NEW.`key` IS NOT NULL OR NEW.`model` IS NOT NULL)
BEGIN
	SELECT RAISE(ABORT, 'a correction names a key, a model and a day with calls') WHERE NOT EXISTS (
		SELECT 1 FROM `days` WHERE `key` = NEW.`key` AND `day` = NEW.`day` AND `model` = NEW.`model`);
	SELECT RAISE(ABORT, 'a correction moves money of the purse its calls were paid from') WHERE NOT EXISTS (
		SELECT 1 FROM `keys` WHERE `id` = NEW.`key`
		AND iif(`kind` = 'time', 6, `purse`) = iif(NEW.`debit` = 5, NEW.`credit`, NEW.`debit`));
END;
