"""What the source makes of Tillstream's messages: events in columns, receipts a row each."""
