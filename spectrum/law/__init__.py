"""The law of ceding frequencies, in the order of the text. Pure: facts and a day in, verdicts with an article out."""
