mod licence_number;
mod record;
mod status;
