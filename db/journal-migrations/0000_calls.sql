CREATE TABLE `bodies` (
	`call` integer PRIMARY KEY NOT NULL,
	`request` text NOT NULL,
	`request_bytes` integer NOT NULL,
	`answer` text NOT NULL,
	`answer_bytes` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `calls` (
	`id` integer PRIMARY KEY NOT NULL,
	`request_id` text NOT NULL,
	`at_ms` integer NOT NULL,
	`key` text,
	`client` text,
	`client_version` text,
	`path` text NOT NULL,
	`format` text NOT NULL,
	`model_asked` text,
	`model` text,
	`provider` text,
	`stream` integer NOT NULL,
	`status` integer NOT NULL,
	`code` text,
	`message` text,
	`upstream_status` integer,
	`attempts` integer NOT NULL,
	`losses` text,
	`input_tokens` integer,
	`output_tokens` integer,
	`cached_tokens` integer,
	`cost_nano` integer,
	`rule` text,
	`duration_ms` integer NOT NULL,
	`first_byte_ms` integer,
	`bytes_in` integer NOT NULL,
	`bytes_out` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `calls_by_key` ON `calls` (`key`,`id`);