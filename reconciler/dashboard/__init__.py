"""The dashboard: what people look at. Pages over the project and its store, and the actions that an operator may take.

building              puts it together; `navigation` lists the pages
access, guard, limits, outside, auditor      who comes in, what holds others off, and what is written down
doors, visit, page, premises                 how a request becomes a page, and what all pages share
kept, repository      what is dear, worked out once for all who look; the files as they stand
live, lines, hearing  open pages are told that something has changed, in the store or in the files
render, charts, pictures, static             how pages are drawn
listing, resource, outlook, actions, audit   the list, a campaign's pages, plan and calendar, what may be done, who did what
onward, paging, turning  addresses that go on from a page; lists turned, and as files
panels                what each kind shows of its campaigns; mailing, leads, programs, receiving, collecting: further pages
personal, debtors     what is said of a person is masked
"""
