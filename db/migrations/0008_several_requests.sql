ALTER TABLE `entries` ADD `requests` text;
--> statement-breakpoint
DROP TRIGGER `entries_are_final`;
--> statement-breakpoint
CREATE TRIGGER `entries_are_final` BEFORE UPDATE OF
	`id`, `kind`, `debit`, `credit`, `amount_nano`, `at_ms`, `day`, `key`, `note`, `model`, `provider`, `price`, `rule`, `cost_nano`, `input_uncached`, `cache_read`, `cache_write_5m`, `cache_write_1h`, `cache_write_other`, `input_audio`, `input_image`, `output`, `output_reasoning`, `output_audio`, `output_image`, `searches`, `containers`, `code_runs`, `tier`, `usage_source`, `requests`, `losses` ON `entries`
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
