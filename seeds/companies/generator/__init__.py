"""Makes the two example companies: clean records first, then what two deliveries show of them, then planted defects.

`bridal` and `safety` draw the clean records, `deliver` turns them into files, `defects` damages rows and writes down
each one, `truth` computes what a correct pipeline must find, from the records and never from the files.
"""
