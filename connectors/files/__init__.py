"""Files that tills must be able to export by law, brought to the door as receipts."""
