CREATE TABLE `deliveries` (
	`entry` integer PRIMARY KEY NOT NULL
);
--> statement-breakpoint
-- What is told of no entry, or of one whose delivery is not unknown, changes nothing.
CREATE TRIGGER `deliveries_are_of_entries` BEFORE INSERT ON `deliveries`
BEGIN
	SELECT RAISE(IGNORE) WHERE NOT EXISTS (
		SELECT 1 FROM `entries` WHERE `id` = NEW.`entry` AND `delivery` = 'unknown');
END;
--> statement-breakpoint
CREATE TRIGGER `deliveries_are_final` BEFORE UPDATE ON `deliveries`
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `deliveries_stay` BEFORE DELETE ON `deliveries`
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
--> statement-breakpoint
-- Nothing of an entry changes any more, its delivery no more than the rest.
DROP TRIGGER `entries_deliver_once`;
--> statement-breakpoint
DROP TRIGGER `entries_are_final`;
--> statement-breakpoint
CREATE TRIGGER `entries_are_final` BEFORE UPDATE ON `entries`
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
