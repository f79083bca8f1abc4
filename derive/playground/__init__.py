"""The playground: a static page on which derive itself runs in the browser, and what belongs to it.

    write_site(find_packages("packages"), "site")

`answers` is what the page asks: one function from a text to a text, which runs in Pyodide as it does here. `lines`
finds the line of a problem file that a message is about. `wheel` makes the wheel of derive from the files that are
installed, `packages` knows which wheels and which runtime a page needs and finds them in a folder, `fetch` fills such a
folder by npm and pip, and `pages` puts the site together; `kept` spares the page to compile Python's modules twice. The
page, its worker and its style are in `templates/site`.

Nothing here computes: what a page shows is what the commands write.
"""
