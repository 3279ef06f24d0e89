"""How a campaign is going: sums, charts and the page that shows them."""
