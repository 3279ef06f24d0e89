"""The doors to the web: supporters' pages, the organisers' desk and SendGrid's webhook."""
