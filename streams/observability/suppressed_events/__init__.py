"""How many events of suppressed people each feed has refused."""
