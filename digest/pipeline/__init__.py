"""The week as functions: choose, make the edition, queue, deliver, report. Opens nothing: `app` hands in what is."""
